import { isDeepStrictEqual } from "node:util";
import { Token } from "cdktf";
import {
  isAlert,
  type Alert,
  type LogRuleGroup,
  type PanelAddress,
  type Priority,
  type Runbook,
  type RuleGroup,
  type Unanswered,
} from "./alert";
import { completeBoards, type BoardRow, type CompleteBoard } from "./board";
import type { Endpoint } from "./endpoint";
import { withBoardLinks } from "./house-boards";

/** One address that is scraped. */
export interface Target {
  readonly endpoint: Endpoint<"metrics">;
  /**
   * Labels of every series of this target, e.g. `chain`.
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * The `instance` label.
   * @default - host:port of the endpoint
   */
  readonly instance?: string;
  /**
   * URL parameters of the scrape, e.g. a probe's target.
   * @default - none
   */
  readonly params?: Readonly<Record<string, string>>;
  /**
   * An existing Docker network on which the target is reached; Prometheus joins it and never owns it.
   * @default - the platform's own network
   */
  readonly network?: string;
  /**
   * The service of the platform whose memory the page tells, where another one answers for it.
   * @default - the endpoint's host
   */
  readonly process?: string;
}

/** The alert for a target that does not answer, or is expected and absent. */
export interface DownAlert {
  /** CamelCase, ends in `Down`. */
  readonly name: string;
  readonly priority: Priority;
  /** In Prometheus' notation. */
  readonly for: string;
  readonly summary: string;
  readonly runbook: Runbook;
  /**
   * Why it waits as long as it does.
   * @default - how often the target is asked, and that a restart takes less
   */
  readonly why?: string;
  /** @default - none */
  readonly inhibitedBy?: readonly string[];
  /**
   * As of an alert.
   * @default "holds"
   */
  readonly unanswered?: Unanswered;
  /**
   * As of an alert.
   * @default - messages lead to `up` in Prometheus
   */
  readonly panel?: PanelAddress;
}

/** How a job is scraped. */
export interface Scrape {
  /** From 1 to 300. */
  readonly intervalSeconds: number;
  /**
   * Keep the labels that the target itself reports (Pushgateway).
   * @default false
   */
  readonly honorLabels?: boolean;
}

/** A part of the way from a fault to a person. The heartbeat is sent only while every part is known to work. */
export interface Leg {
  /** Unique, in lower-case words joined by hyphens: what people are told when it does not work. */
  readonly name: string;
  /** PromQL that finds something while the part works, and nothing when it does not, or when nothing is known of it. */
  readonly works: string;
  /**
   * An alert of its own that tells when it does not work.
   * @default - HeartbeatWithheld tells
   */
  readonly toldBy?: string;
}

/**
 * What there is to watch about a thing: plain literals, so that the thing itself may run in another stack, on another
 * host or outside Terraform.
 */
export interface Observation {
  /** The job label; two chains are two observations of one job, their targets merge. */
  readonly job: string;
  readonly targets: readonly Target[];
  /** The same for every observation of a job. */
  readonly scrape: Scrape;
  /** The same for every observation of a job. */
  readonly down: DownAlert;
  /** A group of the same name and content counts once; with other content it is a fault. */
  readonly rules: readonly RuleGroup[];
  /**
   * Likewise for alerts on its log lines; nobody evaluates them where no logs are kept.
   * @default - none
   */
  readonly logRules?: readonly LogRuleGroup[];
  /**
   * Parts of the alerting path that the heartbeat must prove. One of the same name and content counts once.
   * @default - none
   */
  readonly legs?: readonly Leg[];
  /**
   * What it adds to boards; nobody sees them where no Grafana is deployed.
   * @default - none
   */
  readonly boards?: readonly BoardRow[];
}

/** Anything that can be observed: a construct of this package, or a consumer's own. */
export interface Observable {
  /** Fixed in the constructor, never lazy. */
  readonly observation: Observation;
}

/** All targets of a job. */
export interface Job {
  readonly job: string;
  readonly scrape: Scrape;
  readonly down: DownAlert;
  readonly targets: readonly Target[];
}

function holdsToken(value: unknown): boolean {
  if (Token.isUnresolved(value)) return true;
  if (Array.isArray(value)) return value.some(holdsToken);
  if (typeof value === "object" && value !== null) return Object.values(value).some(holdsToken);
  return false;
}

/** What is observed contradicts itself; the message is for whoever wrote the environment or the construct. */
export class ObservationError extends Error {
  override readonly name = "ObservationError";
}

/** The set of everything observed. Checks when something is added; reading it closes it. */
export class Observations {
  readonly #jobs = new Map<string, { scrape: Scrape; down: DownAlert; targets: Target[] }>();
  readonly #groups = new Map<string, RuleGroup>();
  readonly #logGroups = new Map<string, LogRuleGroup>();
  readonly #legs = new Map<string, Leg>();
  readonly #boardRows: BoardRow[] = [];
  #boards: readonly CompleteBoard[] | undefined;
  #closed = false;

  constructor(...observables: readonly Observable[]) {
    this.add(...observables);
  }

  /**
   * @throws Error when something is added after rendering, is not literal, contradicts what is already there, or
   * names a target twice
   */
  add(...observables: readonly Observable[]): void {
    for (const { observation } of observables) this.#addOne(observation);
  }

  /**
   * Adds panels to a board, a known one or a new one.
   * @throws ConfigurationError when a row contradicts another
   * @throws Error when something is added after rendering
   */
  addBoardRows(...rows: readonly BoardRow[]): void {
    if (this.#closed && rows.length > 0) {
      throw new ObservationError("board rows are added after rendering: add them before synth");
    }
    const uids = new Set(rows.map(({ board }) => board.uid));
    completeBoards([...this.#boardRows.filter(({ board }) => uids.has(board.uid)), ...rows]);
    this.#boardRows.push(...rows);
  }

  #addOne(observation: Observation): void {
    const { job, scrape, down, targets, rules } = observation;
    const { logRules = [], legs = [], boards = [] } = observation;
    if (this.#closed)
      throw new ObservationError(`'${job}' is observed after rendering: observe before synth`);
    if (holdsToken(observation)) {
      throw new ObservationError(
        `observation '${job}' must be literals, got a Terraform reference`,
      );
    }
    const known = this.#jobs.get(job);
    if (
      known &&
      !(isDeepStrictEqual(known.scrape, scrape) && isDeepStrictEqual(known.down, down))
    ) {
      throw new ObservationError(
        `job '${job}' is observed twice with different scrape settings or down alerts`,
      );
    }
    const merged = known ?? { scrape, down, targets: [] };
    for (const target of targets) {
      if (merged.targets.some((other) => instanceOf(other) === instanceOf(target))) {
        throw new ObservationError(
          `job '${job}' has the target '${instanceOf(target)}' twice: give one of them another 'instance'`,
        );
      }
      merged.targets.push(target);
    }
    addGroups(this.#groups, rules, "rule group");
    addGroups(this.#logGroups, logRules, "rule group on logs");
    addGroups(this.#legs, legs, "part of the alerting path");
    this.addBoardRows(...boards);
    this.#jobs.set(job, merged);
  }

  /** Every job with its targets, in the order of addition. Closes the set. */
  jobs(): readonly Job[] {
    this.#closed = true;
    return [...this.#jobs].map(([job, rest]) => ({ job, ...rest }));
  }

  /** Every rule group, in the order of addition. Closes the set. */
  ruleGroups(): readonly RuleGroup[] {
    this.#closed = true;
    return [...this.#groups.values()];
  }

  /** Every rule group on logs, in the order of addition. Closes the set. */
  logRuleGroups(): readonly LogRuleGroup[] {
    this.#closed = true;
    return [...this.#logGroups.values()];
  }

  /** Every part of the alerting path, in the order of addition. Closes the set. */
  legs(): readonly Leg[] {
    this.#closed = true;
    return [...this.#legs.values()];
  }

  /** Every board with its rows, in the order of their uids. Closes the set. */
  boards(): readonly CompleteBoard[] {
    this.#closed = true;
    // Every file of rules asks for them.
    this.#boards ??= withBoardLinks(completeBoards(this.#boardRows));
    return this.#boards;
  }
}

function addGroups<G extends { readonly name: string }>(
  known: Map<string, G>,
  added: readonly G[],
  kind: string,
): void {
  for (const group of added) {
    const same = known.get(group.name);
    if (same && !isDeepStrictEqual(same, group)) {
      throw new ObservationError(
        `${kind} '${group.name}' is contributed twice with different content`,
      );
    }
    known.set(group.name, group);
  }
}

/** The `instance` label of a target. */
export function instanceOf(target: Target): string {
  return target.instance ?? target.endpoint.authority;
}

/** All alerts of some groups. */
export function alertsOf(groups: readonly RuleGroup[]): Alert[] {
  return groups.flatMap((group) => group.rules.filter(isAlert));
}
