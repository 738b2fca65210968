import type { Construct } from "constructs";
import { ConfigFile } from "../core/config-file";
import { Endpoint } from "../core/endpoint";
import { refuse, show } from "../core/errors";
import type { Runtime } from "../core/runtime";
import { Service } from "../core/service";

/** Props of {@link SocketProxy}. */
export interface SocketProxyProps {
  readonly runtime: Runtime;
  /**
   * Absolute path of the engine's socket on the host.
   * @default "/var/run/docker.sock"
   */
  readonly socket?: string;
}

/**
 * The only container that holds the engine's socket, which is as good as root on the host. It lets through GET on the
 * few paths that finding containers and reading their lines needs, answers 403 to the rest, and publishes no port.
 * It runs as the socket's owner, root, without any capability: the group that may also use a socket differs by host.
 */
export class SocketProxy extends Service {
  /** The engine's API, as containers of the platform's network see it. */
  readonly engine: Endpoint<"http">;

  /** @throws ConfigurationError when the path is not absolute */
  constructor(scope: Construct, id: string, props: SocketProxyProps) {
    const { runtime, socket = "/var/run/docker.sock" } = props;
    refuse(
      id,
      /^\/[\w./-]+$/.test(socket)
        ? []
        : [{ field: "socket", allowed: "an absolute path on the host", got: show(socket) }],
    );
    super(scope, id, {
      runtime,
      image: "nginx",
      user: "0:0",
      memory: {
        reservationMiB: 16,
        workingSetMiB: 11,
        limitMiB: 32,
        measured:
          "2 MiB anonymous, with one worker; file pages as push-proxy, the same program, amd64",
      },
      cpus: 0.25,
      health: { command: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:2375/-/healthy"] },
      hostFolders: [
        {
          hostPath: socket,
          path: "/var/run/docker.sock",
          reason: "lists containers and reads their lines, GET on listed paths only",
        },
      ],
      files: () => [ConfigFile.asset("/etc/nginx/nginx.conf", "socket-proxy/nginx.conf")],
    });
    this.engine = new Endpoint({ protocol: "http", host: id, port: 2375 });
  }
}
