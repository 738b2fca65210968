import type { Construct } from "constructs";
import type { z } from "zod";
import type { Fault } from "./errors";
import type { Observable } from "./observation";
import type { Runtime } from "./runtime";
import type { Secret } from "./secret";
import { faultsOf } from "./schema";

/** What a source is given to build itself. */
export interface SourceContext {
  readonly scope: Construct;
  /** Construct id: unique in the stack. */
  readonly id: string;
  readonly runtime: Runtime;
}

/** Something an environment watches, listed under `sources`. Nothing is checked until the environment is. */
export interface Source {
  /** Folder name of the exporter. */
  readonly type: string;
  /** Construct id of its container or observation: the type, and the instance where there can be several. */
  readonly id: string;
  /** Names of existing Docker networks it is reached on. */
  readonly networks: readonly string[];
  /** Secrets that its container needs, if it has one. */
  readonly secrets: readonly Secret[];
  /** Every fault of its props; `field` is where they stand in the environment. */
  check(field: string): Fault[];
  /** @throws ConfigurationError when the props are at fault */
  create(context: SourceContext): readonly Observable[];
}

/** Definition of a kind of source. */
export interface SourceDefinition<S extends z.ZodType> {
  /** Folder name of the exporter. */
  readonly type: string;
  /** What an environment may write. */
  readonly schema: S;
  /**
   * What tells several sources of this type apart, e.g. the chain.
   * @default - there is one per environment
   */
  instance?(props: z.output<S>): string;
  /** @default - none */
  networks?(props: z.output<S>): readonly string[];
  /** @default - none */
  secrets?(props: z.output<S>): readonly Secret[];
  create(props: z.output<S>, context: SourceContext): readonly Observable[];
}

/** Makes the factory that environments call: `opBatcher({ chain: "my-chain" })`. */
export function defineSource<S extends z.ZodType>(
  definition: SourceDefinition<S>,
): (props: z.input<S>) => Source {
  return (props) => {
    const parsed = definition.schema.safeParse(props);
    const whenSound = <T>(read: (props: z.output<S>) => T, otherwise: T): T =>
      parsed.success ? read(parsed.data) : otherwise;
    const instance = whenSound((p) => definition.instance?.(p), undefined);
    return {
      type: definition.type,
      id: instance === undefined ? definition.type : `${definition.type}-${instance}`,
      networks: whenSound((p) => definition.networks?.(p) ?? [], []),
      secrets: whenSound((p) => definition.secrets?.(p) ?? [], []),
      check: (field) => (parsed.success ? [] : faultsOf(parsed.error, props, field)),
      create: (context) => definition.create(definition.schema.parse(props), context),
    };
  };
}
