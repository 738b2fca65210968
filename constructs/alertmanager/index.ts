export { Alertmanager, type AlertmanagerProps } from "./alertmanager";
export { receiverSchema, secretsOf, type Receiver, type Routes } from "./receivers";
