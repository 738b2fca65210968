export { SocketProxy, type SocketProxyProps } from "./socket-proxy";
