import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** How a server is in trouble: it answers that it is, takes connections and never answers, or takes none. */
export type Trouble = "fails" | "hangs" | "refuses";

const failing = {
  http: "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfail",
  smtp: "421 4.3.2 told to fail\r\n",
} as const;

/** A port on loopback before a server, through which the server can be put into trouble from outside. */
export class Gate {
  #trouble: Trouble | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(
    readonly target: number,
    readonly protocol: keyof typeof failing,
    readonly port: number,
  ) {}

  /**
   * Opens a port of its own before another one of loopback.
   * @param protocol what trouble is told in
   */
  static async open(target: number, protocol: keyof typeof failing): Promise<Gate> {
    const server = await listening(0);
    const gate = new Gate(target, protocol, (server.address() as AddressInfo).port);
    gate.#take(server);
    return gate;
  }

  /** Puts the server into trouble, or takes it out. Connections that are open are cut. */
  async set(trouble: Trouble | undefined): Promise<void> {
    this.#trouble = trouble;
    for (const socket of this.#sockets) socket.destroy();
    if (trouble === "refuses") await this.close();
    else if (this.#server === undefined) this.#take(await listening(this.port));
  }

  /** Takes no more connections, and ends those that are open. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) {
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #take(server: Server): void {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#keep(socket);
      if (this.#trouble === "hangs") return;
      if (this.#trouble === "fails") {
        this.#fail(socket);
        return;
      }
      const beyond = connect(this.target, "127.0.0.1");
      this.#keep(beyond);
      socket.pipe(beyond).pipe(socket);
      socket.on("close", () => beyond.destroy());
      beyond.on("close", () => socket.destroy());
    });
  }

  #fail(socket: Socket): void {
    if (this.protocol === "smtp") socket.end(failing.smtp);
    else socket.once("data", () => socket.end(failing.http));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(port, "127.0.0.1", () => {
      resolve(server);
    });
  });
}
