package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.Grants;
import dev.sluice.plugin.Limits;
import dev.sluice.proxy.VmSpec;
import java.util.Map;

/** Says which VMs are the same (design.md section 4). */
record VmKey(
    String plugin,
    String digest,
    String engine,
    String vmId,
    String configuration,
    Map<String, String> environment,
    Limits limits,
    Grants grants,
    boolean trusted) {
  static VmKey of(VmSpec spec) {
    return new VmKey(
        spec.source().name(),
        spec.source().digest(),
        spec.engine(),
        spec.vmId(),
        spec.configuration(),
        spec.environment(),
        spec.limits(),
        spec.grants(),
        spec.trusted());
  }
}
