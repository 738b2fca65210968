/** Severity of a log line. */
export type LogLevel = "info" | "warn" | "error";

/** Plain facts of a log line; never a URL, a token or text sent by a server. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Writes one JSON object per line; the time stamp is UTC. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** A log that hands each finished line (without the line break) to `write`. */
export function createLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  return (level, message, fields = {}) => {
    write(JSON.stringify({ time: now().toISOString(), level, message, ...fields }));
  };
}
