export { Prometheus, type PrometheusProps } from "./prometheus";
export { livenessGroup, renderRule, ruleFile, type Links } from "./config";
export { serviceDown } from "./mixin";
