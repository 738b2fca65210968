import { refuse, show, type Fault } from "./errors";

/**
 * Every image the platform runs, pinned. One line each, so that Renovate can raise it and a reader sees at once
 * what runs. Tags of multi-arch indexes (linux/amd64 and linux/arm64).
 */
export const images = {
  prometheus: "prom/prometheus:v3.15.0",
  alertmanager: "prom/alertmanager:v0.34.1",
  loki: "grafana/loki:3.7.8",
  pushgateway: "prom/pushgateway:v1.11.3",
  "blackbox-exporter": "prom/blackbox-exporter:v0.28.0",
  "node-exporter": "prom/node-exporter:v1.12.1",
  "redis-exporter": "oliver006/redis_exporter:v1.88.0-alpine",
  "mysqld-exporter": "prom/mysqld-exporter:v0.20.0",
  "nginx-exporter": "nginx/nginx-prometheus-exporter:1.5.3",
  nginx: "nginxinc/nginx-unprivileged:1.29.3-alpine",
  node: "node:22.21.1-bookworm-slim",
  alloy: "grafana/alloy:v1.21.2",
  grafana: "grafana/grafana:12.4.12",
  tempo: "grafana/tempo:3.0.3",
  jaeger: "jaegertracing/jaeger:2.20.0",
  "otel-collector": "otel/opentelemetry-collector-contrib:0.162.0",
  "otel-java-agent": "otel/autoinstrumentation-java:2.28.1",
  geth: "ethereum/client-go:v1.17.0",
  "op-batcher": "us-docker.pkg.dev/oplabs-tools-artifacts/images/op-batcher:v1.19.6",
} as const;

/** Key of an image of {@link images}. */
export type ImageName = keyof typeof images;

/** An image of somebody else's, used as it is: no registry is put in front of it. */
export interface OtherImage {
  /** With a version tag or a digest. */
  readonly reference: string;
}

/** Where images come from. */
export interface ImageSourceProps {
  /**
   * Registry (and path) put in front of every image, for a mirror or an air gap, e.g. `mirror.example.com/hub`.
   * @default - the public registries named in the image references
   */
  readonly registry?: string;
  /**
   * Whole references by image name; they win over `registry`.
   * @default - none
   */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** A reference that names one version: a digest, or a tag with a digit that is not `latest`. */
export function isPinned(reference: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(reference)) return true;
  const tag = /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(reference)?.[1];
  return tag !== undefined && /\d/.test(tag) && !/(^|[._-])latest([._-]|$)/.test(tag);
}

/** Faults of an image source: unknown names and unpinned references. */
export function imageFaults(source: ImageSourceProps, field = "images"): Fault[] {
  return Object.entries(source.overrides ?? {}).flatMap(([name, reference]) => {
    if (!(name in images)) {
      return [
        {
          field: `${field}.overrides.${name}`,
          allowed: `one of ${Object.keys(images).join(", ")}`,
          got: show(name),
        },
      ];
    }
    if (isPinned(reference)) return [];
    return [unpinned(`${field}.overrides.${name}`, reference)];
  });
}

function unpinned(field: string, reference: string): Fault {
  return {
    field,
    allowed: "an image with a version tag or a digest",
    got: show(reference),
    repair: "pin it, for example 'registry.example/name:v1.2.3'",
  };
}

/** Resolves image names to references. */
export class ImageSource {
  readonly #registry: string | undefined;
  readonly #overrides: Readonly<Record<string, string>>;

  /** @throws ConfigurationError when an override is unknown or not pinned */
  constructor(props: ImageSourceProps = {}) {
    refuse("images", imageFaults(props));
    this.#registry = props.registry;
    this.#overrides = props.overrides ?? {};
  }

  /**
   * The reference to run.
   * @throws ConfigurationError when another image is not pinned
   */
  reference(image: ImageName | OtherImage): string {
    if (typeof image === "object") {
      refuse("image", isPinned(image.reference) ? [] : [unpinned("reference", image.reference)]);
      return image.reference;
    }
    const override = this.#overrides[image];
    if (override !== undefined) return override;
    return this.#registry === undefined ? images[image] : `${this.#registry}/${images[image]}`;
  }
}
