import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { providerRegistryReachable, type Flavour } from "../../../commands/terraform";
import { providerPlatform } from "../../../tools/local-images";

/** Version of the AWS provider behind the bindings of package.json. */
export const awsProvider = "5.100.0";

const registries = ["registry.terraform.io", "registry.opentofu.org"];
const source = join("hashicorp", "aws");

/** Where Terraform itself looks for providers that lie on the machine. */
function impliedMirrors(): string[] {
  return [
    "terraform.d/plugins",
    join(homedir(), ".terraform.d", "plugins"),
    join(homedir(), ".local", "share", "terraform", "plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
  ];
}

const searchRoots = ["/opt", "/usr/local", "/usr/share", "/usr/lib", homedir()];
const searchDepth = 4;
const searchFolders = 20_000;
const neverSearched = new Set(["node_modules", ".git", ".terraform", "proc", "sys"]);

/** The provider in a mirror, unpacked or as the archive that registries serve. */
function providerIn(mirror: string): string | undefined {
  const platform = providerPlatform(process.platform, process.arch);
  return registries
    .flatMap((registry) => {
      const folder = join(mirror, registry, source);
      return [
        join(folder, awsProvider, platform),
        join(folder, `terraform-provider-aws_${awsProvider}_${platform}.zip`),
      ];
    })
    .find((path) => existsSync(path));
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !neverSearched.has(entry.name))
      .map((entry) => join(folder, entry.name));
  } catch {
    // Not there, or not ours to read.
    return [];
  }
}

function searchMirror(): string | undefined {
  let level = searchRoots;
  let seen = 0;
  for (let depth = 0; depth <= searchDepth && seen < searchFolders; depth += 1) {
    const found = level.map(providerIn).find((path) => path !== undefined);
    if (found !== undefined) return found;
    seen += level.length;
    level = level.flatMap(foldersIn);
  }
  return undefined;
}

/**
 * Finds the AWS provider on this machine: in the mirror that `L2O_AWS_PROVIDER_MIRROR` names, else in a mirror that
 * Terraform implies, else in the first folder of that layout below the usual roots (bounded in depth and number).
 * @returns the provider's folder or archive
 * @throws Error when the variable names a folder without it
 */
export function findProviderMirror(): string | undefined {
  const named = process.env["L2O_AWS_PROVIDER_MIRROR"];
  if (named === undefined || named === "") {
    return (
      impliedMirrors()
        .map(providerIn)
        .find((path) => path !== undefined) ?? searchMirror()
    );
  }
  const found = providerIn(named);
  if (found !== undefined) return found;
  throw new Error(
    `'L2O_AWS_PROVIDER_MIRROR' must be a folder with ${registries[0] ?? ""}/hashicorp/aws/${awsProvider}, got '${named}'`,
  );
}

/** A file-system mirror of some providers. */
export interface ProviderMirror {
  /** Folder above the registries' host names. */
  readonly path: string;
  /** For example `hashicorp/aws`. */
  readonly source: string;
}

/** Terraform's CLI configuration that takes these providers from their mirrors and leaves every other to its registry. */
export function cliConfig(mirrors: readonly ProviderMirror[]): string {
  const names = (one: string) => registries.map((registry) => `"${registry}/${one}"`).join(", ");
  const blocks = mirrors.map(
    (mirror) => `  filesystem_mirror {
    path    = ${JSON.stringify(mirror.path)}
    include = [${names(mirror.source)}]
  }
`,
  );
  return `disable_checkpoint = true

provider_installation {
${blocks.join("")}  direct {
    exclude = [${mirrors.map((mirror) => names(mirror.source)).join(", ")}]
  }
}
`;
}

/** How Terraform gets the AWS provider here; `missing` says why it cannot. */
export type AwsProviderSource =
  | { readonly cliConfigFile: string | undefined; readonly from: string }
  | { readonly missing: string };

/**
 * Writes a CLI configuration below `work` by which Terraform finds the AWS provider.
 * @param others mirrors of further providers that the configuration shall name
 */
export async function provideAwsProvider(
  work: string,
  flavour: Flavour,
  others: readonly ProviderMirror[] = [],
): Promise<AwsProviderSource> {
  const found = findProviderMirror();
  if (found === undefined) {
    if (await providerRegistryReachable(flavour)) {
      return { cliConfigFile: undefined, from: "the public registry" };
    }
    return {
      missing: `AWS provider ${awsProvider} is neither on this machine nor is its registry reachable; name a file-system mirror in L2O_AWS_PROVIDER_MIRROR`,
    };
  }
  // A mirror of our own, so that OpenTofu, which asks under another host name, finds it too.
  const mirror = join(work, "providers");
  for (const registry of registries) {
    const version = basename(found).endsWith(".zip") ? "" : awsProvider;
    const link = join(mirror, registry, source, version, basename(found));
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(found, link);
  }
  const cliConfigFile = join(work, "terraform.rc");
  writeFileSync(cliConfigFile, cliConfig([{ path: mirror, source }, ...others]));
  return { cliConfigFile, from: "a mirror on this machine" };
}
