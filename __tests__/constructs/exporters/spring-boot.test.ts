import { springBoot } from "../../../constructs/exporters/spring-boot";
import { observe } from "../../support/observe";

describe("spring-boot", () => {
  test("scrapes Actuator's page of each application under its service's name", () => {
    const source = springBoot({ service: "api", host: "10.0.0.20" });
    expect(source.id).toBe("spring-boot-api");
    expect(source.targets).toEqual(["10.0.0.20:8080"]);
    const { observations, container } = observe(source);
    expect(container).toBeUndefined();
    expect(observations).toHaveLength(1);
    expect(observations[0]).toMatchObject({
      job: "spring-boot",
      down: { name: "ServiceDown", priority: "P1" },
      targets: [
        {
          labels: { service: "api" },
          endpoint: { host: "10.0.0.20", port: 8080, path: "/actuator/prometheus" },
        },
      ],
    });
  });

  test("reaches a container on its own network", () => {
    const source = springBoot({ service: "api", host: "api", network: "apps", port: 9000 });
    expect(observe(source).observations[0]?.targets[0]).toMatchObject({ network: "apps" });
  });
});
