import { Token } from "cdktf";
import {
  alertsOf,
  instanceOf,
  Observations,
  type Observation,
} from "../../../constructs/core/observation";
import {
  sampleAlert,
  sampleDown,
  sampleGroup,
  sampleLogGroup,
  sampleObservation,
  sampleTarget,
} from "./samples";

const observable = { observation: sampleObservation() };
const second = sampleTarget({ host: "other", labels: { chain: "b" } });

describe("a set of observations", () => {
  it("has a job with its target and its rules", () => {
    const observations = new Observations(observable);
    expect(observations.jobs()).toEqual([
      {
        job: "sample",
        scrape: { intervalSeconds: 15 },
        down: sampleDown,
        targets: observable.observation.targets,
      },
    ]);
    expect(observations.ruleGroups()).toEqual([sampleGroup]);
  });

  it("merges the targets of two observations of one job, in the order of addition", () => {
    const observations = new Observations(observable, {
      observation: sampleObservation({ targets: [second] }),
    });
    const [job, ...others] = observations.jobs();
    expect(others).toEqual([]);
    expect(job?.targets.map(instanceOf)).toEqual(["sample:9000", "other:9000"]);
  });

  it("counts a rule group once that several contribute alike", () => {
    const observations = new Observations(observable, {
      observation: sampleObservation({
        job: "another",
        rules: [{ ...sampleGroup, rules: [...sampleGroup.rules] }],
      }),
    });
    expect(observations.ruleGroups()).toEqual([sampleGroup]);
  });

  it("does not change what was added", () => {
    const observation = sampleObservation();
    const observations = new Observations({ observation });
    observations.add({ observation: sampleObservation({ targets: [second] }) });
    expect(observation.targets).toHaveLength(1);
  });

  it("may be read more than once", () => {
    const observations = new Observations(observable);
    expect(observations.jobs()).toEqual(observations.jobs());
    expect(observations.ruleGroups()).toEqual(observations.ruleGroups());
  });

  it.each(["jobs", "ruleGroups"] as const)("fails when something is added after %s()", (read) => {
    const observations = new Observations();
    observations[read]();
    expect(() => {
      observations.add(observable);
    }).toThrow("'sample' is observed after rendering: observe before synth");
  });

  it.each([
    ["a string", { job: Token.asString({ resolve: () => "x" }) }],
    ["part of a string", { job: `x-${Token.asString({ resolve: () => "x" })}` }],
    ["a number", { scrape: { intervalSeconds: Token.asNumber({ resolve: () => 5 }) } }],
    [
      "a label",
      { targets: [sampleTarget({ labels: { chain: Token.asString({ resolve: () => "x" }) } })] },
    ],
    [
      "a map",
      { targets: [sampleTarget({ labels: Token.asStringMap({ resolve: () => ({ a: "b" }) }) })] },
    ],
    ["a list", { down: { ...sampleDown, inhibitedBy: Token.asList({ resolve: () => ["x"] }) } }],
    ["a network", { targets: [sampleTarget({ network: Token.asString({ resolve: () => "n" }) })] }],
  ])("fails when %s is a Terraform reference", (_, props) => {
    expect(() => new Observations({ observation: sampleObservation(props) })).toThrow(
      "must be literals, got a Terraform reference",
    );
  });

  it.each([
    ["another interval", { scrape: { intervalSeconds: 5 } }],
    ["another rule for labels", { scrape: { intervalSeconds: 15, honorLabels: true } }],
    ["another down alert", { down: { ...sampleDown, for: "2m" } }],
  ])("fails when a job is observed twice with %s", (_, props) => {
    const observation = sampleObservation({ targets: [second], ...props });
    expect(() => new Observations(observable, { observation })).toThrow(
      "job 'sample' is observed twice with different scrape settings or down alerts",
    );
  });

  it("fails when a target is named twice", () => {
    expect(() => new Observations(observable, { observation: sampleObservation() })).toThrow(
      "job 'sample' has the target 'sample:9000' twice: give one of them another 'instance'",
    );
    const twice = [sampleTarget(), sampleTarget({ labels: { chain: "b" } })];
    expect(() => new Observations({ observation: sampleObservation({ targets: twice }) })).toThrow(
      "has the target 'sample:9000' twice",
    );
  });

  it("accepts one address twice with different instances", () => {
    const targets = [sampleTarget(), sampleTarget({ instance: "probe" })];
    const [job] = new Observations({ observation: sampleObservation({ targets }) }).jobs();
    expect(job?.targets.map(instanceOf)).toEqual(["sample:9000", "probe"]);
  });

  it("fails when a rule group is contributed twice with different content", () => {
    const observation = sampleObservation({
      targets: [second],
      rules: [{ ...sampleGroup, intervalSeconds: 5 }],
    });
    expect(() => new Observations(observable, { observation })).toThrow(
      "rule group 'sample' is contributed twice with different content",
    );
  });
});

describe("rules on logs", () => {
  const withLogs = (props: Partial<Observation> = {}) => ({
    observation: sampleObservation({ logRules: [sampleLogGroup], ...props }),
  });

  it("count once, and none is there by default", () => {
    expect(new Observations(observable).logRuleGroups()).toEqual([]);
    expect(new Observations(withLogs(), withLogs({ targets: [second] })).logRuleGroups()).toEqual([
      sampleLogGroup,
    ]);
  });

  it("close the set when they are read", () => {
    const observations = new Observations(withLogs());
    observations.logRuleGroups();
    expect(() => {
      observations.add(withLogs({ targets: [second] }));
    }).toThrow("'sample' is observed after rendering: observe before synth");
  });

  it("fail when they are contributed twice with different content", () => {
    const other = withLogs({
      targets: [second],
      logRules: [{ ...sampleLogGroup, intervalSeconds: 5 }],
    });
    expect(() => new Observations(withLogs(), other)).toThrow(
      "rule group on logs 'sample' is contributed twice with different content",
    );
  });
});

describe("parts of the alerting path", () => {
  const leg = { name: "logs", works: "up == 1" };
  const withLeg = (props: Partial<Observation> = {}) => ({
    observation: sampleObservation({ legs: [leg], ...props }),
  });

  it("count once, and fail when two of one name differ", () => {
    expect(new Observations(observable).legs()).toEqual([]);
    expect(new Observations(withLeg(), withLeg({ targets: [second] })).legs()).toEqual([leg]);
    const other = withLeg({ targets: [second], legs: [{ ...leg, works: "up > 0" }] });
    expect(() => new Observations(withLeg(), other)).toThrow(
      "part of the alerting path 'logs' is contributed twice with different content",
    );
  });
});

describe("alertsOf", () => {
  it("leaves recording rules out", () => {
    expect(alertsOf([sampleGroup])).toEqual([sampleAlert]);
  });
});
