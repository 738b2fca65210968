/** Names a secret. The value is a file on the Docker host and never passes through code, plan or state. */
export interface Secret {
  /** Lower-case words joined by hyphens: the file's name. */
  readonly secret: string;
}

/** Refers to a secret by name. */
export function secret(name: string): Secret {
  return { secret: name };
}

/** What a secret's name must match. */
export const secretName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Where a service's container finds its secrets. */
export const secretsMount = "/run/secrets/l2-observatory";

/** The file of a secret inside the container. */
export function secretFile(of: Secret): string {
  return `${secretsMount}/${of.secret}`;
}
