import type { PanelAddress } from "../../core/alert";
import type { BoardRow } from "../../core/board";
import { overviewBoard, overviewOrder } from "../../core/house-boards";
import { below } from "../../core/panel";
import type { CertificateThresholds } from "../../core/thresholds";

const rowOf = (agent: string) => (agent === "" ? "probes" : `probes-${agent}`);

/**
 * A panel of the row of probes.
 * @param agent as of {@link probesOverview}
 */
export function onProbes(panel: "answers" | "certificates", agent = ""): PanelAddress {
  return { board: overviewBoard.uid, row: rowOf(agent), panel };
}

/**
 * Addresses as users reach them, on the first page.
 * @param agent who probes, where it is not the blackbox exporter beside Prometheus
 */
export function probesOverview(
  { certificateDays, certificateUrgentDays }: CertificateThresholds,
  agent = "",
): BoardRow {
  const of = `{job="probe", agent="${agent}"}`;
  return {
    board: overviewBoard,
    key: rowOf(agent),
    title: agent === "" ? "Addresses" : `Addresses as ${agent} sees them`,
    order: overviewOrder.probes,
    panels: [
      {
        type: "timeseries",
        key: "answers",
        title: "Addresses that answer",
        description: "1 where the probe got the expected answer. At 0 users are probably cut off.",
        unit: "count",
        queries: [{ expr: `min by (service) (probe_success${of})`, legend: "{{service}}" }],
        limits: below({ P1: 1 }),
        min: 0,
        max: 1,
      },
      {
        type: "timeseries",
        key: "duration",
        title: "How long an answer takes",
        description: "From asking to the whole answer, resolving and encrypting included.",
        unit: "seconds",
        queries: [
          { expr: `max by (service) (probe_duration_seconds${of})`, legend: "{{service}}" },
        ],
        min: 0,
      },
      {
        type: "timeseries",
        key: "certificates",
        title: "Certificates expire in",
        description: "Days, for addresses over TLS. A renewal shows as a step up.",
        unit: "days",
        queries: [
          {
            expr: `min by (service) (probe_ssl_earliest_cert_expiry${of} - time()) / 86400`,
            legend: "{{service}}",
          },
        ],
        limits: below({ P4: certificateDays, P2: certificateUrgentDays }),
        min: 0,
      },
    ],
  };
}
