import { z } from "zod";
import { matching } from "./schema";

/** What an environment may write about the board of one Java service. */
export const jvmSchema = z.strictObject({
  /** Title of the board, e.g. `JVM API`; unique among the boards. Its uid is `jvm-` and the service's name. */
  title: matching(
    /^[A-Z][A-Za-z0-9 ._-]{1,58}[A-Za-z0-9]$/,
    "a title of 3 to 60 letters, digits, spaces, dots, hyphens and underscores that begins with a capital",
  ),
  /**
   * Name of its HikariCP pool, as `spring.datasource.hikari.pool-name` sets it, e.g. `DoktoriHikariPool`. Left out where
   * it has no database.
   */
  pool: matching(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    "a pool's name of letters, digits, dots, hyphens and underscores",
  ).optional(),
  /**
   * Threads that answer requests at most, `server.tomcat.threads.max`; Spring Boot's own default is 200. The application
   * counts its threads only with `server.tomcat.mbeanregistry.enabled=true`.
   */
  tomcatMaxThreads: z.int().min(1).max(10_000).default(200),
});

/** Settings of the board of one Java service, with their defaults filled in. */
export type Jvm = z.output<typeof jvmSchema>;
