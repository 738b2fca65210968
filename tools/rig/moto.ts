import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tail, urlAnswers } from "../../commands/engine";
import { sleep } from "../../commands/shell";
import { packageRoot } from "../../constructs/core/paths";
import type { Progress } from "../local-images/run";
import { providePython } from "./python";
import { freePort } from "./free-port";

/** Version of the AWS emulation: moto_server.py adds to exactly this one. */
export const motoVersion = "5.2.5";

const startSeconds = 60;
const stopSeconds = 5;

const program = join(packageRoot, "tools", "rig", "moto_server.py");

/** What {@link startMoto} is asked for. */
export interface MotoOptions {
  /** @default - a free one */
  readonly port?: number;
  /** Address of this machine to listen at. @default "127.0.0.1" */
  readonly address?: string;
  /** @default - silent */
  readonly progress?: Progress;
  /** @default - the cache of all checkouts */
  readonly cacheDirectory?: string;
}

/** A running emulation of AWS. */
export interface Moto {
  /** Value of AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Variables by which the AWS SDKs, the AWS CLI 2.13 or newer, Terraform's AWS provider and its S3 backend use it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Forgets everything that was made in it. */
  reset(): Promise<void>;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Made-up credentials and the endpoint, for whatever speaks to AWS. */
export function awsVariables(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "fake-access-key",
    AWS_SECRET_ACCESS_KEY: "fake-secret-key",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PROFILE: "",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    // moto answers 500 now and then; what it does not know must not be asked 25 times.
    AWS_MAX_ATTEMPTS: "4",
  };
}

/**
 * Beside {@link awsVariables}, for every `terraform init` of a stack whose state is in S3: the backend would put the
 * bucket's name before the address. A stack with another backend refuses it.
 */
export const s3BackendVariables = {
  TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
} as const;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), stopSeconds * 1000);
  await ended;
  clearTimeout(timer);
}

/**
 * Starts moto, an emulation of AWS's API, and waits until it answers. The first time it is installed (some 20 s).
 * @throws CommandError where there is no Python; Error with the end of its log when it does not start
 */
export async function startMoto(o: MotoOptions = {}): Promise<Moto> {
  const address = o.address ?? "127.0.0.1";
  const python = await providePython({
    packages: [`moto[server]==${motoVersion}`],
    progress: o.progress ?? (() => undefined),
    cacheDirectory: o.cacheDirectory,
  });
  const port = o.port ?? (await freePort(address));
  const url = `http://${address}:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "l2o-moto-"));
  const log = join(folder, "moto.log");
  const output = openSync(log, "a");
  const child = spawn(python, [program, "-H", address, "-p", String(port)], {
    stdio: ["pipe", output, output],
    // AWS's own policies are known only when asked for.
    env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
  });
  closeSync(output);
  const failed = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(error.message);
    });
    child.once("exit", (code) => {
      resolve(`exit code ${String(code)}`);
    });
  });
  const answers = async (): Promise<undefined> => {
    const until = Date.now() + startSeconds * 1000;
    while (!(await urlAnswers(`${url}/moto-api/`, 1))) {
      if (Date.now() > until) throw new Error(`no answer at ${url} within ${startSeconds} s`);
      await sleep(0.2);
    }
    return undefined;
  };
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const words = await Promise.race([failed, answers()]);
    if (words !== undefined) throw new Error(words);
  } catch (error) {
    const said = tail(log);
    await stop();
    throw new Error(`moto did not start (${String(error)}):\n${said}`, { cause: error });
  }
  return {
    url,
    variables: awsVariables(url),
    reset: async () => {
      const answer = await fetch(`${url}/moto-api/reset`, { method: "POST" });
      if (!answer.ok) throw new Error(`moto's reset answered ${answer.status}`);
    },
    stop,
  };
}
