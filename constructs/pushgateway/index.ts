export { Pushgateway, PushProxy, type PushgatewayProps, type PushProxyProps } from "./pushgateway";
