/** One program of a Go module. */
export interface GoBinary {
  readonly package: string;
  /** Values the linker puts into string variables, `package.variable` → value: what the program says its version is. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** One Go module below go/: what is built from it and how. */
export interface GoModule {
  /** Binary name → program. */
  readonly binaries: Readonly<Record<string, GoBinary>>;
  /** Build tags. */
  readonly tags: readonly string[];
  /** Rough minutes on two cores with nothing cached, for the progress line. */
  readonly minutes: number;
}

// Name look-ups in Go itself: the binaries run in images without a C library.
const STATIC_TAGS = ["netgo", "osusergo"];

const prometheusVersion = (version: string): Record<string, string> => ({
  "github.com/prometheus/common/version.Version": version,
});

/** The Go modules in the order in which they are built: what the start command waits for first. */
export const GO_MODULES = {
  prometheus: {
    binaries: {
      prometheus: {
        package: "github.com/prometheus/prometheus/cmd/prometheus",
        variables: prometheusVersion("3.15.0"),
      },
      promtool: {
        package: "github.com/prometheus/prometheus/cmd/promtool",
        variables: prometheusVersion("3.15.0"),
      },
      node_exporter: {
        package: "github.com/prometheus/node_exporter",
        variables: prometheusVersion("1.12.1"),
      },
    },
    // Static and file discovery are always in; the clouds' and Kubernetes' clients are a third of the packages.
    tags: [...STATIC_TAGS, "remove_all_sd", "enable_dns_sd"],
    minutes: 4,
  },
  "provider-docker": {
    binaries: {
      "terraform-provider-docker": {
        package: "github.com/terraform-providers/terraform-provider-docker",
        variables: { "main.version": "4.5.0" },
      },
    },
    tags: STATIC_TAGS,
    minutes: 4,
  },
  alertmanager: {
    binaries: {
      alertmanager: {
        package: "github.com/prometheus/alertmanager/cmd/alertmanager",
        variables: prometheusVersion("0.31.1"),
      },
      amtool: {
        package: "github.com/prometheus/alertmanager/cmd/amtool",
        variables: prometheusVersion("0.31.1"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  loki: {
    binaries: {
      loki: {
        package: "github.com/grafana/loki/v3/cmd/loki",
        variables: { "github.com/grafana/loki/v3/pkg/util/build.Version": "3.7.8" },
      },
    },
    tags: STATIC_TAGS,
    minutes: 7,
  },
  pushgateway: {
    binaries: {
      pushgateway: {
        package: "github.com/prometheus/pushgateway",
        variables: prometheusVersion("1.11.1"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  blackbox: {
    binaries: {
      blackbox_exporter: {
        package: "github.com/prometheus/blackbox_exporter",
        variables: prometheusVersion("0.28.0"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  "mysqld-exporter": {
    binaries: {
      mysqld_exporter: {
        package: "github.com/prometheus/mysqld_exporter",
        variables: prometheusVersion("0.19.0"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  "nginx-exporter": {
    binaries: {
      "nginx-prometheus-exporter": {
        package: "github.com/nginx/nginx-prometheus-exporter",
        variables: prometheusVersion("1.5.1"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  geth: {
    binaries: { geth: { package: "github.com/ethereum/go-ethereum/cmd/geth" } },
    tags: STATIC_TAGS,
    minutes: 2,
  },
  optimism: {
    binaries: {
      "op-batcher": {
        package: "github.com/ethereum-optimism/optimism/op-batcher/cmd",
        variables: { "main.Version": "v1.19.6" },
      },
      "op-proposer": {
        package: "github.com/ethereum-optimism/optimism/op-proposer/cmd",
        variables: { "main.Version": "v1.19.6" },
      },
    },
    tags: STATIC_TAGS,
    minutes: 3,
  },
  amtool: {
    binaries: {
      amtool: {
        package: "github.com/prometheus/alertmanager/cmd/amtool",
        variables: prometheusVersion("0.34.2"),
      },
    },
    tags: STATIC_TAGS,
    minutes: 1,
  },
  jaeger: {
    binaries: { jaeger: { package: "github.com/jaegertracing/jaeger/cmd/jaeger" } },
    tags: STATIC_TAGS,
    minutes: 2,
  },
  "otel-collector": {
    // A program of this repository: which parts there are is decided in its source.
    binaries: { "otelcol-contrib": { package: ".", variables: { "main.version": "0.160.0" } } },
    tags: STATIC_TAGS,
    minutes: 2,
  },
  opentofu: {
    binaries: {
      tofu: {
        package: "github.com/opentofu/opentofu/cmd/tofu",
        variables: { "github.com/opentofu/opentofu/version.dev": "no" },
      },
    },
    tags: STATIC_TAGS,
    minutes: 4,
  },
} as const satisfies Record<string, GoModule>;

/** Name of a Go module of the builder. */
export type GoModuleName = keyof typeof GO_MODULES;

/** The part of an OCI image configuration that a recipe sets, in its own spelling. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly ExposedPorts?: readonly string[];
  readonly Volumes?: readonly string[];
  readonly StopSignal?: string;
}

/** A program of this machine: the running Node, or one that a variable of the process environment names. */
export type HostProgram = "node" | "L2O_ALLOY_BIN" | "L2O_TEMPO_BIN";

/** How one image is put together; every image also gets busybox, CA certificates and zone data. */
export interface Recipe {
  /** Version of the program, as the tag shows it; the words `debian` and `node` stand for the release and the version found here, `0-given` for a program that is named. */
  readonly version: string;
  /** Go binaries: path in the image → module and binary. */
  readonly go?: Readonly<Record<string, readonly [module: GoModuleName, binary: string]>>;
  /** Debian packages, and the files taken from them beside their libraries (paths as in the package). */
  readonly debian?: { readonly packages: readonly string[]; readonly files: readonly string[] };
  /**
   * Programs of this machine with their libraries: path in the image → `node`, or the variable of the process
   * environment that names the program. Without the variable there is no image.
   */
  readonly host?: Readonly<Record<string, HostProgram>>;
  /** Folders: path → owner (user and group) and permission bits. */
  readonly directories?: Readonly<Record<string, readonly [owner: number, mode: number]>>;
  /** Text files (mode 0644, root): path → content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Symbolic links: path → target. */
  readonly links?: Readonly<Record<string, string>>;
  readonly config: ImageConfig;
}

const NOBODY = 65534;
const LOKI = 10001;

/** The recipes by image key; what each offers is what the public image of the same key offers. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  prometheus: {
    version: "3.15.0",
    go: {
      "/bin/prometheus": ["prometheus", "prometheus"],
      "/bin/promtool": ["prometheus", "promtool"],
    },
    directories: { "/prometheus": [NOBODY, 0o755], "/etc/prometheus": [NOBODY, 0o755] },
    files: {
      "/etc/prometheus/prometheus.yml":
        "scrape_configs:\n  - job_name: prometheus\n    static_configs:\n      - targets: [localhost:9090]\n",
    },
    config: {
      Entrypoint: ["/bin/prometheus"],
      Cmd: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
      User: "nobody",
      WorkingDir: "/prometheus",
      ExposedPorts: ["9090/tcp"],
      Volumes: ["/prometheus"],
    },
  },
  alertmanager: {
    version: "0.31.1",
    go: {
      "/bin/alertmanager": ["alertmanager", "alertmanager"],
      "/bin/amtool": ["alertmanager", "amtool"],
    },
    directories: { "/alertmanager": [NOBODY, 0o755], "/etc/alertmanager": [NOBODY, 0o755] },
    files: {
      "/etc/alertmanager/alertmanager.yml":
        "route:\n  receiver: none\nreceivers:\n  - name: none\n",
    },
    config: {
      Entrypoint: ["/bin/alertmanager"],
      Cmd: ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
      User: "nobody",
      WorkingDir: "/alertmanager",
      ExposedPorts: ["9093/tcp"],
      Volumes: ["/alertmanager"],
    },
  },
  loki: {
    version: "3.7.8",
    go: { "/usr/bin/loki": ["loki", "loki"] },
    directories: {
      "/loki": [LOKI, 0o755],
      "/loki/rules": [LOKI, 0o755],
      "/etc/loki": [LOKI, 0o755],
    },
    config: {
      Entrypoint: ["/usr/bin/loki"],
      Cmd: ["-config.file=/etc/loki/local-config.yaml"],
      User: "10001",
      WorkingDir: "/",
      ExposedPorts: ["3100/tcp"],
    },
  },
  "node-exporter": {
    version: "1.12.1",
    go: { "/bin/node_exporter": ["prometheus", "node_exporter"] },
    config: { Entrypoint: ["/bin/node_exporter"], User: "nobody", ExposedPorts: ["9100/tcp"] },
  },
  pushgateway: {
    version: "1.11.1",
    go: { "/bin/pushgateway": ["pushgateway", "pushgateway"] },
    directories: { "/pushgateway": [NOBODY, 0o755] },
    config: {
      Entrypoint: ["/bin/pushgateway"],
      User: "65534",
      WorkingDir: "/pushgateway",
      ExposedPorts: ["9091/tcp"],
    },
  },
  "blackbox-exporter": {
    version: "0.28.0",
    go: { "/bin/blackbox_exporter": ["blackbox", "blackbox_exporter"] },
    directories: { "/etc/blackbox_exporter": [0, 0o755] },
    files: { "/etc/blackbox_exporter/config.yml": "modules:\n  http_2xx:\n    prober: http\n" },
    config: {
      Entrypoint: ["/bin/blackbox_exporter"],
      Cmd: ["--config.file=/etc/blackbox_exporter/config.yml"],
      ExposedPorts: ["9115/tcp"],
    },
  },
  "redis-exporter": {
    version: "debian",
    debian: {
      packages: ["prometheus-redis-exporter"],
      files: ["/usr/bin/prometheus-redis-exporter"],
    },
    links: { "/redis_exporter": "/usr/bin/prometheus-redis-exporter" },
    config: { Entrypoint: ["/redis_exporter"], User: "59000:59000", ExposedPorts: ["9121/tcp"] },
  },
  "mysqld-exporter": {
    version: "0.19.0",
    go: { "/bin/mysqld_exporter": ["mysqld-exporter", "mysqld_exporter"] },
    config: { Entrypoint: ["/bin/mysqld_exporter"], User: "nobody", ExposedPorts: ["9104/tcp"] },
  },
  "nginx-exporter": {
    version: "1.5.1",
    go: {
      "/usr/bin/nginx-prometheus-exporter": ["nginx-exporter", "nginx-prometheus-exporter"],
    },
    config: { Entrypoint: ["/usr/bin/nginx-prometheus-exporter"], User: "1001:1001" },
  },
  nginx: {
    version: "debian",
    debian: {
      packages: ["nginx", "nginx-common"],
      files: ["/usr/sbin/nginx", "/etc/nginx/mime.types"],
    },
    directories: {
      "/etc/nginx/conf.d": [101, 0o755],
      "/var/log/nginx": [101, 0o755],
      "/var/lib/nginx": [101, 0o755],
      "/usr/share/nginx/html": [0, 0o755],
    },
    files: {
      "/etc/nginx/nginx.conf": `worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /tmp/nginx.pid;
events { worker_connections 1024; }
http {
  client_body_temp_path /tmp/client_temp;
  proxy_temp_path /tmp/proxy_temp;
  fastcgi_temp_path /tmp/fastcgi_temp;
  uwsgi_temp_path /tmp/uwsgi_temp;
  scgi_temp_path /tmp/scgi_temp;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log combined;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`,
      "/etc/nginx/conf.d/default.conf":
        "server {\n  listen 8080;\n  location / { root /usr/share/nginx/html; index index.html; }\n}\n",
      "/usr/share/nginx/html/index.html": "<!doctype html><title>nginx</title><p>nginx runs.</p>\n",
    },
    links: {
      "/var/log/nginx/access.log": "/dev/stdout",
      "/var/log/nginx/error.log": "/dev/stderr",
    },
    config: {
      Cmd: ["nginx", "-g", "daemon off;"],
      User: "101",
      ExposedPorts: ["8080/tcp"],
      StopSignal: "SIGQUIT",
    },
  },
  node: {
    version: "node",
    host: { "/usr/local/bin/node": "node" },
    config: { Cmd: ["node"], User: "node" },
  },
  alloy: {
    version: "0-given",
    host: { "/bin/alloy": "L2O_ALLOY_BIN" },
    // The health check needs /dev/tcp, which busybox's shell does not have.
    debian: { packages: ["bash"], files: ["/bin/bash"] },
    directories: { "/var/lib/alloy/data": [473, 0o755], "/etc/alloy": [473, 0o755] },
    config: {
      Entrypoint: ["/bin/alloy"],
      Cmd: ["run", "/etc/alloy/config.alloy", "--storage.path=/var/lib/alloy/data"],
      ExposedPorts: ["12345/tcp"],
    },
  },
  tempo: {
    version: "0-given",
    host: { "/tempo": "L2O_TEMPO_BIN" },
    directories: { "/var/tempo": [10001, 0o755], "/etc/tempo": [10001, 0o755] },
    config: { Entrypoint: ["/tempo"], User: "10001:10001", ExposedPorts: ["3200/tcp"] },
  },
  jaeger: {
    version: "1.62.0",
    go: { "/cmd/jaeger/jaeger-linux": ["jaeger", "jaeger"] },
    directories: { "/var/tmp": [0, 0o1777] },
    config: {
      Entrypoint: ["/cmd/jaeger/jaeger-linux"],
      User: "10001",
      ExposedPorts: ["4317/tcp", "4318/tcp", "16686/tcp"],
      Volumes: ["/tmp"],
    },
  },
  "otel-collector": {
    version: "0.160.0",
    go: { "/otelcol-contrib": ["otel-collector", "otelcol-contrib"] },
    config: {
      Entrypoint: ["/otelcol-contrib"],
      Cmd: ["--config", "/etc/otelcol-contrib/config.yaml"],
      User: "10001",
      ExposedPorts: ["4317/tcp", "4318/tcp"],
    },
  },
  geth: {
    version: "1.17.0",
    go: { "/usr/local/bin/geth": ["geth", "geth"] },
    config: { Entrypoint: ["geth"], ExposedPorts: ["8545/tcp", "8546/tcp", "30303/tcp"] },
  },
  "op-batcher": {
    version: "1.19.6",
    go: { "/usr/local/bin/op-batcher": ["optimism", "op-batcher"] },
    config: { Cmd: ["op-batcher"] },
  },
  "op-proposer": {
    version: "1.19.6",
    go: { "/usr/local/bin/op-proposer": ["optimism", "op-proposer"] },
    config: { Cmd: ["op-proposer"] },
  },
};

/** Users and groups every image knows, with the numbers of the public images. */
export const PASSWD = `root:x:0:0:root:/root:/bin/sh
nginx:x:101:101:nginx:/nonexistent:/bin/false
node:x:1000:1000:node:/home/node:/bin/sh
loki:x:10001:10001:loki:/nonexistent:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;

/** The group file that goes with PASSWD. */
export const GROUP = "root:x:0:\nnginx:x:101:\nnode:x:1000:\nloki:x:10001:\nnobody:x:65534:\n";
