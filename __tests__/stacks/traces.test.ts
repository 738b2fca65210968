import { parseEnvironment, type EnvironmentInput } from "../../stacks/environment";
import { soundEnvironment } from "../support/refusals";

const traces = (value: EnvironmentInput["traces"], change: Partial<EnvironmentInput> = {}) =>
  parseEnvironment({ ...soundEnvironment, agent: {}, traces: value, ...change }).traces;

describe("traces", () => {
  test("are not kept where nothing is said, in Tempo through Alloy where nothing more is", () => {
    expect(parseEnvironment(soundEnvironment).traces).toBe(false);
    expect(traces({})).toEqual({ store: "tempo", collector: "alloy" });
  });

  test("change their store and their collector by one field each", () => {
    expect(traces({ store: "jaeger", collector: "otel-collector" })).toEqual({
      store: "jaeger",
      collector: "otel-collector",
    });
  });

  test("are sampled by the OpenTelemetry Collector", () => {
    expect(traces({ collector: "otel-collector", tailSampling: { percentage: 5 } })).toMatchObject({
      tailSampling: { percentage: 5, slowMilliseconds: 1000 },
    });
  });

  test("fail when Alloy should sample", () => {
    expect(() => traces({ tailSampling: { percentage: 5 } })).toThrow(
      "'traces.tailSampling' must be given only where traces.collector is 'otel-collector', got",
    );
  });

  test("fail when nothing would take them", () => {
    expect(() => traces({}, { agent: false })).toThrow(
      "'traces.collector' must be 'otel-collector' where 'agent' is false, got 'alloy'; nothing else would take OTLP",
    );
  });
});
