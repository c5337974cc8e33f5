package dev.sluice.plugin.engine;

import dev.sluice.plugin.Limits;
import dev.sluice.plugin.host.HostServices;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Is what a VM is given when it starts.
 *
 * @param plugin the plugin's name
 * @param vmId {@code vmConfig.vmId}: scopes shared data; the plugin's name by default
 * @param configuration {@code vmConfig.configuration}
 * @param environment {@code vmConfig.env}
 * @param limits what the VM may use
 * @param loop the number of the event loop that will own the VM, from 0
 * @param executor runs tasks on that loop, after the hand-over
 * @param services host services of the VM as a whole
 */
public record VmContext(
    String plugin,
    String vmId,
    byte[] configuration,
    Map<String, String> environment,
    Limits limits,
    int loop,
    Executor executor,
    HostServices services) {}
