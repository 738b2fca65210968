import { z } from "zod";
import { port, kebabName } from "../../../constructs/core/schema";
import { secret } from "../../../constructs/core/secret";
import { defineSource } from "../../../constructs/core/source";
import { sampleObservation } from "./samples";
import { testRuntime, testStack } from "./synthesised";

const sample = defineSource({
  type: "sample",
  schema: z.strictObject({ chain: kebabName, port: port.default(9000) }),
  instance: ({ chain }) => chain,
  secrets: ({ chain }) => [secret(`${chain}-url`)],
  targets: (props) => [`sample:${props.port}`],
  agreements: (props) => [{ what: `port of ${props.chain}`, field: "port", value: props.port }],
  create: (props, { id }) => [{ observation: sampleObservation({ job: `${id}-${props.port}` }) }],
});

const single = defineSource({
  type: "single",
  schema: z.strictObject({}),
  create: () => [],
});

function context() {
  const scope = testStack();
  return { scope, id: "sample-a", runtime: testRuntime(scope) };
}

describe("a source", () => {
  it("is told apart by its instance", () => {
    expect(sample({ chain: "a" })).toMatchObject({ type: "sample", id: "sample-a" });
    expect(sample({ chain: "b" }).id).toBe("sample-b");
  });

  it("is named after its type where there is one per environment", () => {
    expect(single({})).toMatchObject({ id: "single", secrets: [], targets: [] });
  });

  it("names secrets, targets and what others must agree with", () => {
    expect(sample({ chain: "a" })).toMatchObject({
      secrets: [{ secret: "a-url" }],
      targets: ["sample:9000"],
      agreements: [{ what: "port of a", field: "port", value: 9000 }],
    });
  });

  it("creates what is observed, with defaults filled in", () => {
    const [made, ...others] = sample({ chain: "a" }).create(context());
    expect(others).toEqual([]);
    expect(made?.observation.job).toBe("sample-a-9000");
  });

  it("carries its type and schema, for whoever lists what there is", () => {
    expect(sample.type).toBe("sample");
    expect(sample.schema.safeParse({ chain: "a" }).success).toBe(true);
  });

  it("finds no fault in sound props", () => {
    expect(sample({ chain: "a" }).check("sources[0]")).toEqual([]);
  });

  it("is made of faulty props without a word, and finds every fault when asked", () => {
    const faulty = sample({ chain: "A", port: 0, prot: 1 } as unknown as { chain: string });
    expect(faulty).toMatchObject({ id: "sample", secrets: [], agreements: [] });
    expect(faulty.check("sources[2]").map(({ field, got }) => [field, got])).toEqual(
      expect.arrayContaining([
        ["sources[2].chain", "'A'"],
        ["sources[2].port", "0"],
        ["sources[2].prot", "an unknown one"],
      ]),
    );
  });

  it("fails when it is created of faulty props", () => {
    expect(() => sample({ chain: "A" }).create(context())).toThrow();
  });
});
