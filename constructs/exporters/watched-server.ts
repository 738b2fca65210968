import { z } from "zod";
import { Endpoint } from "../core/endpoint";
import type { Target } from "../core/observation";
import { hostName, kebabName, matching, port } from "../core/schema";
import { secretFile, type Secret } from "../core/secret";
import type { Service } from "../core/service";

/** Fields of every source that runs an exporter beside somebody else's server. */
export function watchedServer(defaults: { readonly port: number }) {
  return {
    /** Label `service`, e.g. `cache`; unique among the sources of this type. */
    service: kebabName,
    /** The server as seen from the exporter: an address in the tunnel, or a container on `network`. */
    host: hostName,
    port: port.default(defaults.port),
    /** An existing Docker network on which the server is reached. */
    network: z.string().min(1).optional(),
  };
}

/** Name of an account on a server. */
export const accountName = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,79}$/,
  "a user name of letters, digits, dots, hyphens, underscores and @",
);

/** Props of {@link serverAddress} and {@link exporterTarget}. */
export interface WatchedServer {
  readonly service: string;
  readonly host: string;
  readonly port: number;
}

/** `host:port` of the server. */
export function serverAddress({ host, port: number }: Omit<WatchedServer, "service">): string {
  return `${host}:${String(number)}`;
}

/** The exporter's page; its series are named after the server, not after the exporter's container. */
export function exporterTarget(exporter: Service, port: number, server: WatchedServer): Target {
  return {
    endpoint: new Endpoint({ protocol: "metrics", host: exporter.host, port, path: "/metrics" }),
    instance: serverAddress(server),
    labels: { service: server.service },
  };
}

/** Label matchers of the series of one server. */
export function seriesOf(job: string, service: string): string {
  return `{job="${job}", service="${service}"}`;
}

/** Why a server that is asked every 15 seconds counts as gone after a minute. */
export const fourScrapes =
  "A minute is four scrapes: one that is lost, or a restart, wakes nobody.";

/** A program that takes a secret from its environment. */
export interface SecretVariable {
  readonly variable: string;
  readonly secret: Secret;
  /** The image's entry point, which the shell replaces. */
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Arguments of a shell that reads a secret's file into the environment of a program that knows no file for it. Engine,
 * plan and state see only the file's name. A changed secret counts once the container has been started again.
 */
export function withSecret({ variable, secret, program, args }: SecretVariable): string[] {
  const script = `${variable}="$(cat ${secretFile(secret)})"; export ${variable}; exec "$0" "$@"`;
  return ["-ec", script, program, ...args];
}

/** What runs the arguments of {@link withSecret}. */
export const shell = "/bin/sh";
