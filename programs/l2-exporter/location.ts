import { readFile } from "node:fs/promises";
import { type LocationConfig, readUrl } from "./config";
import { codeOf, ReadFailure } from "./failure";

async function readSecret(path: string, what: string): Promise<string> {
  try {
    const text = (await readFile(path, "utf8")).trim();
    if (text !== "") return text;
  } catch (error) {
    throw new ReadFailure("error", `the ${what} file cannot be read: ${codeOf(error)}`);
  }
  throw new ReadFailure("error", `the ${what} file is empty`);
}

/** The present URL of an endpoint. A file is read at every call, so a rotated key needs no restart. */
export async function currentUrl(location: LocationConfig): Promise<URL> {
  const text = location.url ?? (await readSecret(location.urlFile ?? "", "URL"));
  const url = readUrl(text);
  if (url === undefined) throw new ReadFailure("error", "the URL file holds no http(s) URL");
  return url;
}

/** The present bearer token, read at every call. */
export function currentToken(path: string): Promise<string> {
  return readSecret(path, "token");
}

/** A URL below an endpoint's own path; its query (which may carry a key) is kept. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}${path}`;
  return url;
}
