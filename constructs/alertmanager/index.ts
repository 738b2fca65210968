export { Alertmanager, type AlertmanagerProps } from "./alertmanager";
export { calendarFaults, calendarSchema, openCalendar, type Calendar } from "../core/calendar";
export type { WatchedHost } from "./config";
export {
  accessFaults,
  receiverSchema,
  secretsOf,
  type Receiver,
  type Routes,
} from "../core/receiver";
