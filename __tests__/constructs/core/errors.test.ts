import { ConfigurationError, describeFault, refuse, show } from "../../../constructs/core/errors";

describe("show", () => {
  it.each([
    [undefined, "nothing"],
    [null, "null"],
    ["x", "'x'"],
    [0, "0"],
    [[1, "a"], '[1,"a"]'],
    [() => 1, "a function"],
  ])("renders %p as %s", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("cuts what is long to one short line", () => {
    const text = show("x".repeat(500));
    expect(text).toHaveLength(78);
    expect(text.endsWith("…")).toBe(true);
  });
});

describe("a fault", () => {
  const fault = { field: "retentionDays", allowed: "from 1 to 365", got: "0" };

  it("names the field, what is allowed and what was given", () => {
    expect(describeFault(fault)).toBe("'retentionDays' must be from 1 to 365, got 0");
  });

  it("ends with the repair", () => {
    expect(describeFault({ ...fault, repair: "use 15" })).toBe(
      "'retentionDays' must be from 1 to 365, got 0; use 15",
    );
  });
});

describe("ConfigurationError", () => {
  const faults = [
    { field: "a", allowed: "b", got: "c" },
    { field: "d", allowed: "e", got: "f" },
  ];

  it("tells all faults at once", () => {
    const error = new ConfigurationError("environment 'local'", faults);
    expect(error.message).toBe(
      "environment 'local' has 2 faults:\n  'a' must be b, got c\n  'd' must be e, got f",
    );
    expect(error.faults).toEqual(faults);
    expect(error.name).toBe("ConfigurationError");
  });

  it("is thrown only where there is a fault", () => {
    expect(() => {
      refuse("x", []);
    }).not.toThrow();
    expect(() => {
      refuse("x", faults.slice(0, 1));
    }).toThrow(new ConfigurationError("x", faults.slice(0, 1)));
  });
});
