import { refuse, show } from "./errors";

/** What is spoken at an {@link Endpoint}; keeps a log store from being passed where a metrics store is asked for. */
export type Protocol =
  | "alertmanager"
  | "http"
  | "json-rpc"
  | "logql"
  | "loki-push"
  | "metrics"
  | "otlp-grpc"
  | "otlp-http"
  | "promql"
  | "push"
  | "remote-write"
  | "traces";

/** Props of {@link Endpoint}. */
export interface EndpointProps<P extends Protocol> {
  readonly protocol: P;
  /** Name or address as seen from the containers. */
  readonly host: string;
  /** From 1 to 65535. */
  readonly port: number;
  /** @default "/" */
  readonly path?: string;
  /** @default "http" */
  readonly scheme?: "http" | "https";
}

/** Where something can be reached. Made of literals, never of resource attributes: those would tie stacks and files into cycles. */
export class Endpoint<P extends Protocol = Protocol> {
  readonly protocol: P;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly scheme: "http" | "https";

  /** @throws ConfigurationError when host, port or path cannot be part of a URL */
  constructor(props: EndpointProps<P>) {
    const { path = "/", scheme = "http" } = props;
    refuse("endpoint", [
      ...(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(props.host)
        ? []
        : [
            {
              field: "host",
              allowed: "a host name or an IPv4 address without scheme and port",
              got: show(props.host),
            },
          ]),
      ...(Number.isInteger(props.port) && props.port >= 1 && props.port <= 65535
        ? []
        : [{ field: "port", allowed: "an integer from 1 to 65535", got: show(props.port) }]),
      ...(path.startsWith("/")
        ? []
        : [{ field: "path", allowed: "a path that starts with '/'", got: show(path) }]),
    ]);
    this.protocol = props.protocol;
    this.host = props.host;
    this.port = props.port;
    this.path = path;
    this.scheme = scheme;
  }

  /** `host:port`. */
  get authority(): string {
    return `${this.host}:${String(this.port)}`;
  }

  /** The whole URL; the path `/` is left out. */
  get url(): string {
    return `${this.scheme}://${this.authority}${this.path === "/" ? "" : this.path}`;
  }
}
