// Runs in a network namespace: hands what arrives at an address there to a socket file, which belongs to the test.
import * as net from "node:net";

const [address, port, socketPath] = process.argv.slice(2);

const server = net.createServer((incoming) => {
  const outgoing = net.connect(socketPath ?? "");
  incoming.pipe(outgoing).pipe(incoming);
  incoming.on("error", () => outgoing.destroy());
  outgoing.on("error", () => incoming.destroy());
});
server.listen(Number(port), address, () => {
  process.stdout.write("ready\n");
});
