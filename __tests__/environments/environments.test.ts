import { environments } from "../../environments";
import { parseEnvironment, secretsNeeded } from "../../stacks/environment";

describe.each([
  ...Object.entries(environments).map(([name, make]) => ({ name, input: make(false) })),
  {
    name: "local",
    input: environments["local"]?.(true) ?? { name: "", engine: { type: "local" } },
  },
])("environment $name", ({ name, input }) => {
  test("is accepted, under the name by which it is chosen", () => {
    expect(parseEnvironment(input).name).toBe(name);
  });

  test("needs secrets where it is said; on this machine only such as are made up", () => {
    const needed = secretsNeeded(parseEnvironment(input)).flatMap(
      ({ service, secret, generated }) => (generated === true ? [] : `${service}/${secret}`),
    );
    expect(needed).toEqual(
      name === "local"
        ? []
        : [
            "alertmanager/slack-webhook-url",
            "alertmanager/discord-alert-urgent-webhook-url",
            "alertmanager/discord-alert-normal-webhook-url",
            "alertmanager/on-call-webhook-url",
            "alertmanager/dead-man-webhook-url",
            "l2-exporter/l1-rpc-url",
            "redis-exporter-sessions/redis-password",
            "mysqld-exporter-orders/mysql-password",
          ],
    );
  });
});

test("the demonstration changes nothing but what is watched", () => {
  const plain = environments["local"]?.(false);
  const demo = environments["local"]?.(true);
  expect({ ...demo, sources: [] }).toEqual({ ...plain, sources: [] });
  expect(demo?.sources?.length).toBeGreaterThan(plain?.sources?.length ?? 0);
});
