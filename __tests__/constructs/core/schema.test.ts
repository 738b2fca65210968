import { z } from "zod";
import { describeFault } from "../../../constructs/core/errors";
import {
  distinct,
  ethereumAddress,
  faultsOf,
  hostName,
  httpUrl,
  kebabName,
  matching,
  port,
  secretReference,
  urlOrSecret,
} from "../../../constructs/core/schema";
import { secret } from "../../../constructs/core/secret";

/** What a user is told about `value`. */
function told(schema: z.ZodType, value: unknown, prefix = "field"): string[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : faultsOf(parsed.error, value, prefix).map(describeFault);
}

describe("the words of a fault", () => {
  it.each<[string, z.ZodType, unknown, string]>([
    ["a missing value", z.string(), undefined, "a string, got nothing"],
    ["null", z.string(), null, "a string, got null"],
    ["another type", z.boolean(), "yes", "a boolean, got 'yes'"],
    ["a fraction", z.int(), 1.5, "an integer, got 1.5"],
    ["no number", z.number(), Number.NaN, "a number, got NaN"],
    ["no object", z.strictObject({}), 7, "an object, got 7"],
    ["no array", z.array(z.string()), {}, "an array, got an object"],
    ["too small", z.int().min(1), 0, "at least 1, got 0"],
    ["not positive", z.number().positive(), 0, "more than 0, got 0"],
    ["too large", z.int().max(365), 366, "at most 365, got 366"],
    ["not below", z.number().lt(1), 1, "less than 1, got 1"],
    ["too short", z.string().min(1), "", "of length 1 at least, got ''"],
    ["too long", z.string().max(2), "abc", "of length 2 at most, got 'abc'"],
    ["too few", z.array(z.string()).min(1), [], "of length 1 at least, got []"],
    ["no choice", z.enum(["a", "b"]), "c", "one of 'a', 'b', got 'c'"],
    ["another literal", z.literal("slack"), "slak", "'slack', got 'slak'"],
    ["a pattern", matching(/^a$/, "an a"), "b", "an a, got 'b'"],
    ["no URL", httpUrl, 5, "an http:// or https:// URL without user, query and key, got a number"],
  ])("%s", (_, schema, value, words) => {
    expect(told(schema, value)).toEqual([`'field' must be ${words}`]);
  });

  it("name an unknown field", () => {
    expect(told(z.strictObject({}), { a: 1, b: 2 })).toEqual([
      "'field.a' must be a known field, got an unknown one; remove it or correct its spelling",
      "'field.b' must be a known field, got an unknown one; remove it or correct its spelling",
    ]);
    expect(told(z.strictObject({}), { a: 1 }, "")).toEqual([
      expect.stringMatching(/^'a' must be a known field/),
    ]);
  });

  it("name the place, in objects and arrays", () => {
    const schema = z.strictObject({ sources: z.array(z.strictObject({ port })) });
    expect(told(schema, { sources: [{ port: 1 }, { port: 0 }] }, "")).toEqual([
      "'sources[1].port' must be at least 1, got 0",
    ]);
  });

  it("tell all faults at once", () => {
    const schema = z.strictObject({ a: port, b: kebabName });
    expect(told(schema, { a: 0, b: "B", c: 1 })).toHaveLength(3);
  });

  it("name the choices of a tagged union", () => {
    const schema = z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("local") }),
      z.strictObject({ type: z.literal("s3"), bucket: z.string() }),
    ]);
    expect(told(schema, { type: "gcs" })).toEqual([
      "'field.type' must be one of 'local', 's3', got 'gcs'",
    ]);
    expect(told(schema, {})).toEqual(["'field.type' must be one of 'local', 's3', got nothing"]);
    expect(told(schema, { type: "s3" })).toEqual(["'field.bucket' must be a string, got nothing"]);
  });

  it("of a plain union are those of the nearest choice", () => {
    const schema = z.union([
      z.strictObject({ a: z.string(), b: z.string() }),
      z.strictObject({ c: port }),
    ]);
    expect(told(schema, { c: 0 })).toEqual(["'field.c' must be at least 1, got 0"]);
  });
});

describe("distinct", () => {
  const schema = z.array(z.strictObject({ name: z.string() })).superRefine(...distinct("name"));

  it("accepts different names", () => {
    expect(told(schema, [{ name: "a" }, { name: "b" }])).toEqual([]);
  });

  it("refuses a repeated one, naming the earlier", () => {
    expect(told(schema, [{ name: "a" }, { name: "b" }, { name: "a" }])).toEqual([
      "'field[2].name' must be different from field[0].name, got 'a' again",
    ]);
  });

  it("tells it beside other faults", () => {
    expect(told(schema, [{ name: "a" }, { name: "a", x: 1 }])).toEqual([
      expect.stringContaining("'field[1].x' must be a known field"),
      expect.stringContaining("'field[1].name' must be different from"),
    ]);
  });
});

describe("house types", () => {
  it.each<[string, z.ZodType, readonly unknown[], readonly unknown[]]>([
    ["port", port, [1, 9090, 65535], [0, 65536, -1, 1.5, "80", null]],
    ["kebabName", kebabName, ["a", "my-chain", "a1-2"], ["", "A", "-a", "a-", "a--b", "1a", "a_b"]],
    ["hostName", hostName, ["a", "10.0.0.1", "a.b-c_d"], ["", "http://a", "a:80", "a/b", "-a"]],
    [
      "httpUrl",
      httpUrl,
      ["http://a:8545", "https://rpc.example.com/eth"],
      [
        "ftp://a",
        "a",
        "https://user:pass@a",
        "https://a?key=1",
        "https://a#x",
        "https://rpc.example.com/v3/0123456789abcdef0123456789abcdef",
      ],
    ],
    [
      "ethereumAddress",
      ethereumAddress,
      [`0x${"aB".repeat(20)}`],
      [`0x${"a".repeat(39)}`, "a".repeat(40), `0x${"g".repeat(40)}`],
    ],
    [
      "secretReference",
      secretReference,
      [secret("slack-webhook-url")],
      ["slack-webhook-url", { secret: "Not A Name" }, { secret: "../up" }, {}, null, 5],
    ],
  ])("%s", (_, schema, good, bad) => {
    expect(good.filter((value) => !schema.safeParse(value).success)).toEqual([]);
    expect(bad.filter((value) => schema.safeParse(value).success)).toEqual([]);
  });
});

describe("what may be a secret", () => {
  const pasted = "hunter2-this-is-not-a-real-token";
  const key = `0x${"4f".repeat(32)}`;
  const props = z.strictObject({ token: secretReference, url: urlOrSecret });

  it.each<[string, unknown]>([
    ["a string", pasted],
    ["an object", { secret: pasted.toUpperCase() }],
    ["a nested object", { secret: { value: pasted } }],
    ["an array", [pasted]],
  ])("is not shown as %s", (_, value) => {
    const texts = told(props, { token: value, url: value }, "").join("\n");
    expect(texts).toContain(
      "'token' must be secret(\"a-name\"), naming a file that holds the value",
    );
    expect(texts).toContain("'url' must be");
    expect(texts.toLowerCase()).not.toContain(pasted);
  });

  it("is not shown as part of a URL", () => {
    const url = `https://rpc.example.com/v3/${pasted}0000?key=${pasted}`;
    expect(told(urlOrSecret, url).join("\n")).not.toContain(pasted);
    expect(told(httpUrl, url).join("\n")).not.toContain(pasted);
  });

  it.each<[string, z.ZodType, string]>([
    ["a name", kebabName, key],
    ["an address", ethereumAddress, key],
    ["a choice", z.enum(["a"]), key],
    ["a number", z.number(), key],
    ["a name, as a chat token", kebabName, "xoxb-123456789012-FAKE"],
    ["a name, as a webhook", kebabName, "https://hooks.slack.com/services/T0/B0/FAKE"],
    ["a name, as another webhook", kebabName, "https://discord.com/api/webhooks/1/FAKE"],
  ])("is not shown when it was pasted into %s", (_, schema, value) => {
    expect(told(schema, value)).toEqual([
      expect.stringMatching(/, got a string that looks like a key$/),
    ]);
  });

  it.each<[string, z.ZodType, unknown]>([
    ["an array", z.array(z.string()), { webhookUrl: pasted }],
    ["text", kebabName, { token: pasted }],
    ["an object", z.strictObject({}), [pasted]],
    ["a choice", z.enum(["a"]), [pasted]],
  ])("is not shown inside a structure that stands for %s", (_, schema, value) => {
    expect(told(schema, value)).toEqual([expect.stringMatching(/, got an (object|array)$/)]);
  });

  it("is not shown when it stands beside an unknown field", () => {
    const texts = told(z.strictObject({ a: port }), { a: 1, token: pasted }).join("\n");
    expect(texts).toContain("'field.token' must be a known field");
    expect(texts).not.toContain(pasted);
  });
});
