import { ConfigurationError, describeFault, type Fault } from "../../constructs/core/errors";
import type { Source } from "../../constructs/core/source";
import {
  environmentSchema,
  parseEnvironment,
  type EnvironmentInput,
} from "../../stacks/environment";
import { factories } from "../support/catalogue";
import {
  baseOf,
  faulty,
  refusals,
  soundEnvironment,
  soundHostEnvironment,
  soundProps,
} from "../support/refusals";
import { rulesBrokenBy, rulesOf } from "../support/schema-rules";

function faultsIn(input: unknown): string[] {
  try {
    parseEnvironment(input as EnvironmentInput);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(describeFault);
    throw error;
  }
}

const environmentCases = refusals("environment-refusals.yml");
const sourceCases = refusals("source-refusals.yml");

function uncovered(
  rules: readonly string[],
  cases: readonly { readonly rule: string }[],
): string[] {
  const covered = new Set(cases.map(({ rule }) => rule));
  return rules.filter((rule) => !covered.has(rule));
}

describe("environment", () => {
  test("every rule of the schema has a case, and every case a rule", () => {
    const rules = rulesOf(environmentSchema);
    expect(rules.length).toBeGreaterThan(100);
    expect(uncovered(rules, environmentCases)).toEqual([]);
    expect(
      environmentCases.map(({ rule }) => rule).filter((rule) => !rules.includes(rule)),
    ).toEqual([]);
  });

  test("the sound environments are accepted", () => {
    expect(faultsIn(soundEnvironment)).toEqual([]);
    expect(faultsIn(soundHostEnvironment)).toEqual([]);
  });

  test.each(environmentCases)("fails when $rule is broken: $says", (refusal) => {
    const input = faulty(baseOf(refusal), refusal);
    expect(rulesBrokenBy(environmentSchema, input)).toContain(refusal.rule);
    expect(faultsIn(input)).toEqual([refusal.says]);
  });
});

describe.each(factories.map((factory) => ({ type: factory.type, factory })))(
  "source $type",
  ({ type, factory }) => {
    const at = `sources[${type}]`;
    const cases = sourceCases.filter(({ rule }) => rule.startsWith(at));
    const make = factory as (props: unknown) => Source;
    const words = (faults: readonly Fault[]) => faults.map(describeFault);

    test("every rule of the schema has a case, and every case a rule", () => {
      const rules = rulesOf(factory.schema, at);
      expect(uncovered(rules, cases)).toEqual([]);
      expect(cases.map(({ rule }) => rule).filter((rule) => !rules.includes(rule))).toEqual([]);
    });

    test("the sound props are accepted", () => {
      expect(words(make(soundProps[type]).check("sources[0]"))).toEqual([]);
    });

    test.each(cases)("fails when $rule is broken: $says", (refusal) => {
      const props = faulty(soundProps[type] ?? {}, refusal);
      expect(rulesBrokenBy(factory.schema, props, at)).toContain(refusal.rule);
      expect(words(make(props).check("sources[0]"))).toEqual([refusal.says]);
      // The same words come out of the environment that lists it.
      expect(faultsIn({ ...soundEnvironment, sources: [make(props)] })).toEqual([refusal.says]);
    });
  },
);
