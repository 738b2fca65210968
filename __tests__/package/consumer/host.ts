import { App, LocalBackend, TerraformOutput, TerraformStack } from "cdktf";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { MonitoringHost } from "l2-observatory/host";

declare const process: { readonly argv: readonly string[] };

const app = new App({ outdir: "cdktf.host.out" });
const stack = new TerraformStack(app, "team-host");
new LocalBackend(stack, { path: "../../../team-host.tfstate" });
new AwsProvider(stack, "aws", { region: "ap-northeast-2" });
const host = new MonitoringHost(stack, "monitoring-host", {
  environment: "team",
  tags: { CostCentre: "platform" },
  host: {
    region: "ap-northeast-2",
    operatingSystem: "amazon-linux-2023",
    imageId: "ami-0fa4e0fa4e0fa4e00",
    imageArchitecture: "arm64",
    network: {
      type: "existing",
      vpcId: "vpc-0fa4e0fa4e0fa4e00",
      subnetId: "subnet-0fa4e0fa4e0fa4e00",
      cidr: "172.31.0.0/16",
    },
    tunnel: {
      peers: [
        {
          name: "operator",
          publicKey: "RkFLRS1wdWJsaWMta2V5LW9mLXRoZS1vcGVyYXRvci0=",
          address: "10.88.0.2",
        },
      ],
    },
    monthlyCostLimitUsd: 40,
  },
});
new TerraformOutput(stack, "endpoint", { value: host.endpoint });
if (process.argv[2] === "opened") {
  new VpcSecurityGroupIngressRule(stack, "ssh", {
    securityGroupId: host.securityGroupId,
    ipProtocol: "tcp",
    fromPort: 22,
    toPort: 22,
    cidrIpv4: "0.0.0.0/0",
  });
}
app.synth();
