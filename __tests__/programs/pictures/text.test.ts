import { cut, fitted, fittedNames, textWidth, wrapped } from "../../../programs/pictures/text";

describe("a text", () => {
  it("is as wide as its face makes it", () => {
    expect(textWidth("00", 20)).toBeCloseTo(22.88);
    expect(textWidth("00", 20, "mono")).toBeCloseTo(24);
    expect(textWidth("지갑", 20)).toBeCloseTo(36.8);
    expect(textWidth("m", 20, "semiBold")).toBeGreaterThan(textWidth("m", 20));
  });

  it("is shortened in its middle, and fits then", () => {
    const short = fitted("doktori-api-01.internal.example.org:8080", 200, 20);
    expect(short).toMatch(/^doktori.*….*8080$/);
    expect(textWidth(short, 20)).toBeLessThanOrEqual(200);
    expect(fitted("short", 200, 20)).toBe("short");
    expect(fitted("anything", 5, 20)).toBe("…");
  });

  it("is shortened at its end where that is asked", () => {
    expect(cut("a long title indeed", 100, 20)).toBe("a long tit…");
  });

  it("is broken at spaces, and anywhere where there are none", () => {
    expect(wrapped("one two three four", 120, 5, 20, "mono")).toEqual(["one two", "three four"]);
    expect(wrapped("abcdefghijklmnop", 120, 5, 20, "mono")).toEqual(["abcdefghij", "klmnop"]);
    expect(wrapped("one two three four five six", 120, 2, 20, "mono")).toEqual([
      "one two",
      "three fou…",
    ]);
    expect(wrapped("", 120, 3, 20)).toEqual([]);
  });
});

test("names first lose what all long ones end with", () => {
  const names = ["api-01.example.org:8080", "api-02.example.org:8080", "limit"];
  expect(fittedNames(names, 150, 20)).toEqual(["api-01…", "api-02…", "limit"]);
  expect(fittedNames(names, 500, 20)).toEqual(names);
  expect(fittedNames(["api-01.example.org:8080"], 150, 20)[0]).toMatch(/^api.*…/);
});
