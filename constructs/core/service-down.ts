import type { DownAlert } from "./observation";

/** Why a target may be away for a minute. */
export const aMinuteAway =
  "A container that is started again answers within a minute, after four scrapes: longer is no restart.";

/** The alert of a job that needs no words of its own, for `down` of its observation. */
export const serviceDown: DownAlert = {
  name: "ServiceDown",
  priority: "P1",
  for: "1m",
  summary: "A service does not answer",
  why: aMinuteAway,
  runbook: {
    meaning:
      "Prometheus got no answer from a target for a minute, or a target that must exist is not scraped at all.",
    impact:
      "What this service does is not done, and nothing about it is measured, so its other alerts are blind.",
    steps: [
      "Ask it yourself at the instance that the alert names; a Spring Boot application: `curl http://<instance>/actuator/health`.",
      "Look at its process, or its container: `docker ps -a` and `docker logs --tail 100 <container>`.",
      "If it restarts again and again, read the first error after a start; if it was killed for memory, raise its limit; if it was deployed just then, go back to the version before.",
      "If it answers you, test it from Prometheus' network: `docker exec <prometheus container> wget -qO- http://<instance>/metrics`.",
      "If the target is gone on purpose, remove it from the environment and deploy.",
    ],
  },
};
