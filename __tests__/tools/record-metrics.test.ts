import { recordMetrics } from "../../tools/record-metrics";

const scrape = `# HELP op_up 1 if it runs
# TYPE op_up gauge
op_up 1
op_refs_time{layer="l2",type="l2_unsafe"} 1.795256383e+09
op_refs_time{layer="l1",type="l1_head"} 1.795256382e+09
op_errors{error="said \\"no\\", {twice}"} 2
op_seconds_bucket{method="a",le="+Inf"} 3
op_seconds_sum{method="a"} NaN
op_geth {quantile="0.5"} 7
go_goroutines 12
process_open_fds 4
process_resident_memory_bytes 5.5e+07
process_start_time_seconds 1.7e+09
promhttp_metric_handler_requests_in_flight 1
`;

const table = ` Metric | Description | Labels | Type \n---|---|---|---
 op_tx_total | Count | of all | kinds | stage,kind | counter 
 op_fee | Fee |  | histogram 
 op_history | Past values |  | summary 
 op_up | 1 if it runs |  | gauge 
`;

test("a scrape gives labels by series, and values of the labels that were asked for", () => {
  expect(recordMetrics("op 1.0, scraped", [scrape], ["layer", "error"])).toEqual({
    source: "op 1.0, scraped",
    metrics: {
      op_errors: ["error"],
      op_geth: ["quantile"],
      op_refs_time: ["layer", "type"],
      op_seconds_bucket: ["le", "method"],
      op_seconds_sum: ["method"],
      op_up: [],
      process_resident_memory_bytes: [],
      process_start_time_seconds: [],
    },
    values: {
      op_errors: { error: ['said "no", {twice}'] },
      op_refs_time: { layer: ["l1", "l2"] },
    },
  });
});

test("a program's own table gives the series that a scrape of it would show, without values", () => {
  expect(recordMetrics("op 1.0", [table], ["stage"])).toEqual({
    source: "op 1.0",
    metrics: {
      op_fee_bucket: ["le"],
      op_fee_count: [],
      op_fee_sum: [],
      op_history: ["quantile"],
      op_history_count: [],
      op_history_sum: [],
      op_tx_total: ["kind", "stage"],
      op_up: [],
    },
  });
});

test("several texts make one list, in the order of the alphabet whatever their order", () => {
  const later = 'op_refs_time{layer="l1_origin",type="l2_safe"} 1\nop_a 1\n';
  const both = recordMetrics("op", [scrape, later, table], ["layer"]);
  expect(both.values?.["op_refs_time"]).toEqual({ layer: ["l1", "l1_origin", "l2"] });
  expect(Object.keys(both.metrics)).toEqual(Object.keys(both.metrics).sort());
  expect(JSON.stringify(recordMetrics("op", [table, later, scrape], ["layer"]))).toBe(
    JSON.stringify(both),
  );
});
