export { drillJob, drillMetric, drillRules } from "./drill";
export { Pushgateway, PushProxy, type PushgatewayProps, type PushProxyProps } from "./pushgateway";
