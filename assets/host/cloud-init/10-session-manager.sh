#!/bin/bash
# The way in without the tunnel: first, so that a host whose other parts fail can be entered.
. "$(dirname "$0")/common.sh"

case $SESSION_MANAGER in
  none)
    log "left out by the environment"
    exit 0
    ;;
  image) ;;
  package)
    if [ "$(dpkg-query --show --showformat '${Version}' amazon-ssm-agent 2>/dev/null | cut -d - -f 1)" = "$SSM_AGENT_VERSION" ]; then
      log "version $SSM_AGENT_VERSION is there"
    else
      install_packages ca-certificates curl
      package=$(mktemp --suffix=.deb)
      trap 'rm -f "$package"' EXIT
      case $REGION in
        cn-*) domain=amazonaws.com.cn ;;
        *) domain=amazonaws.com ;;
      esac
      url="https://s3.$REGION.$domain/amazon-ssm-$REGION/$SSM_AGENT_VERSION/debian_$ARCHITECTURE/amazon-ssm-agent.deb"
      retry 5 curl --fail --silent --show-error --location --output "$package" "$url" ||
        fail "cannot fetch $url"
      printf '%s  %s\n' "$SSM_AGENT_SHA256" "$package" | sha256sum --check --status ||
        fail "$url has the SHA-256 $(sha256sum "$package" | cut -d ' ' -f 1), not the one of the environment"
      dpkg --install "$package"
    fi
    ;;
esac
systemctl enable --now amazon-ssm-agent
log "the agent runs"
