import { secret, type Secret } from "../core/secret";

/** The administrator's password, which counts when the data volume is new. To be generated, never chosen by hand. */
export const adminPassword: Secret = secret("grafana-admin-password");

/** What encrypts the keys that people store in Grafana. To be generated once: with another one they cannot be read. */
export const encryptionKey: Secret = secret("grafana-secret-key");

/** Every secret that Grafana's container needs; without one of them it does not start. */
export const grafanaSecrets: readonly Secret[] = [adminPassword, encryptionKey];
