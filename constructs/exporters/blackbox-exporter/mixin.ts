import type { Alert, PanelAddress, RuleGroup } from "../../core/alert";
import type { DownAlert } from "../../core/observation";
import { platformDown } from "../../core/house-boards";
import { certificateFields, whyOf, type CertificateThresholds } from "../../core/thresholds";
import { onProbes } from "./overview";

/** The alert for the exporter itself. */
export const blackboxExporterDown: DownAlert = {
  name: "BlackboxExporterDown",
  priority: "P2",
  for: "1m",
  summary: "Addresses are no longer probed",
  panel: platformDown,
  runbook: {
    meaning: "The blackbox exporter, which probes addresses, does not answer.",
    impact: "An address that fails, or whose certificate has expired, would not be announced.",
    steps: [
      "Read its log: `docker logs --tail 50 $(docker ps -aqf label=l2-observatory.service=blackbox-exporter)`.",
    ],
  },
};

/** The scrape of a probe fails only when the exporter does; then ProbeFailed cannot fire. */
export const probeDown: DownAlert = {
  ...blackboxExporterDown,
  name: "ProbeDown",
  summary: "A probe gives no result",
  inhibitedBy: ["BlackboxExporterDown"],
};

/** Addresses that do not answer as they should. */
export const probeRules: RuleGroup = {
  name: "probe",
  intervalSeconds: 15,
  rules: [
    {
      name: "ProbeFailed",
      priority: "P1",
      expr: "probe_success == 0",
      for: "1m",
      summary: "An address does not answer as it should",
      description:
        "{{ $labels.service }} at {{ $labels.instance }} has failed its probe for a minute.",
      graph: "probe_success",
      panel: onProbes("answers"),
      why: "A minute is four probes: one that is lost on the way wakes nobody.",
      runbook: {
        meaning: "The address was asked every 15 seconds and did not give the expected answer.",
        impact: "Whoever uses this address is probably cut off.",
        steps: [
          "Ask it yourself: `curl -v <address>`.",
          "An HTTPS address: is its certificate still valid? Of one that has expired the probe measures nothing, so CertificateExpires is silent.",
          "Ask the exporter why: `http://blackbox-exporter:9115/probe?debug=true&module=<module>&target=<address>` from a container of the platform's network.",
        ],
      },
    },
  ],
};

function expiryAlert(
  left: string,
  days: number,
  tier: Pick<Alert, "priority" | "summary"> & {
    readonly tier: string;
    readonly impact: string;
    readonly why: string;
    readonly panel: PanelAddress;
  },
): Alert {
  return {
    name: "CertificateExpires",
    priority: tier.priority,
    expr: `${left} < ${String(days)}`,
    for: "10m",
    summary: tier.summary,
    description: `A certificate of {{ $labels.service }} at {{ $labels.instance }} expires in {{ $value | printf "%.1f" }} days (threshold ${String(days)}).`,
    graph: left,
    panel: tier.panel,
    labels: { tier: tier.tier },
    why: tier.why,
    runbook: {
      meaning: "One of the certificates that this address shows has not long to live.",
      impact: tier.impact,
      steps: [
        "Which one? `openssl s_client -connect <host>:443 -servername <host> -showcerts </dev/null | openssl x509 -noout -enddate -subject`.",
        "Renewed already? Then the server still shows the old one: reload it.",
        "Renewed by certbot: `certbot renew --dry-run` says what fails; often port 80 or a DNS record.",
      ],
    },
  };
}

/**
 * Certificates of the addresses that are probed over TLS.
 * @param agent who probes, where it is not the blackbox exporter beside Prometheus
 */
export function certificateRules(
  { certificateDays, certificateUrgentDays }: CertificateThresholds,
  agent = "",
): RuleGroup {
  const left = `(probe_ssl_earliest_cert_expiry{job="probe", agent="${agent}"} - time()) / 86400`;
  const panel = onProbes("certificates", agent);
  return {
    name: agent === "" ? "certificates" : `certificates.${agent}`,
    intervalSeconds: 60,
    rules: [
      expiryAlert(left, certificateUrgentDays, {
        priority: "P2",
        panel,
        tier: "high",
        why: whyOf(certificateFields.certificateUrgentDays),
        summary: "A certificate expires within days",
        impact: "Then browsers and clients refuse the address: for its users it is down.",
      }),
      expiryAlert(left, certificateDays, {
        priority: "P4",
        panel,
        tier: "info",
        why: whyOf(certificateFields.certificateDays),
        summary: "A certificate expires soon",
        impact: "Nothing yet; its renewal did not work, or has been forgotten.",
      }),
    ],
  };
}
