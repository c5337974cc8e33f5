package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.RedisCallouts;
import dev.sluice.plugin.host.ServiceException;
import java.time.Duration;
import java.util.Map;

/**
 * Answers the calls by which Higress' plugins speak to Redis. The upstream may carry parameters
 * behind a question mark, of which {@code db} is the database; the others say when Higress writes
 * its buffer, which this gateway does at the end of each turn of the loop.
 */
final class RedisCalls {
  private RedisCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_redis_init", HostCall.Typed.of("iiiiiii", RedisCalls::init));
    functions.put("proxy_redis_call", HostCall.Typed.of("iiiii", RedisCalls::call));
  }

  private static int init(GuestVm vm, long[] arguments) {
    for (int i = 0; i < 6; i += 2) {
      if (!vm.memory().has((int) arguments[i], (int) arguments[i + 1])) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
    }
    var context = vm.active();
    if (context == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var upstream = vm.text((int) arguments[0], (int) arguments[1]);
    int mark = upstream.indexOf('?');
    try {
      var settings =
          new RedisCallouts.Settings(
              mark < 0 ? upstream : upstream.substring(0, mark),
              vm.text((int) arguments[2], (int) arguments[3]),
              vm.text((int) arguments[4], (int) arguments[5]),
              mark < 0 ? 0 : database(upstream.substring(mark + 1)),
              timeout((int) arguments[6]));
      context.root().services().redis().init(settings);
      return AbiStatus.OK;
    } catch (ServiceException e) {
      vm.logOnce("proxy_redis_init: " + e.getMessage());
      return AbiStatus.of(e);
    }
  }

  private static int database(String parameters) {
    for (String parameter : parameters.split("&", -1)) {
      if (parameter.startsWith("db=")) {
        try {
          return Integer.parseInt(parameter.substring(3));
        } catch (NumberFormatException e) {
          throw new ServiceException(
              ServiceException.Reason.BAD_ARGUMENT, parameter + " (expected: db= and a number)");
        }
      }
    }
    return 0;
  }

  private static Duration timeout(int millis) {
    return Duration.ofMillis(millis <= 0 ? 1000 : millis);
  }

  private static int call(GuestVm vm, long[] arguments) {
    int upstream = (int) arguments[0];
    int upstreamSize = (int) arguments[1];
    int command = (int) arguments[2];
    int commandSize = (int) arguments[3];
    int tokenOut = (int) arguments[4];
    if (!vm.memory().has(upstream, upstreamSize)
        || !vm.memory().has(command, commandSize)
        || !vm.memory().put32(tokenOut, 0)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    if (commandSize > vm.context().limits().bodyBuffer()) {
      return CalloutCalls.tooLarge(vm, "proxy_redis_call", commandSize);
    }
    var text = vm.text(upstream, upstreamSize);
    int mark = text.indexOf('?');
    var name = mark < 0 ? text : text.substring(0, mark);
    byte[] bytes = vm.memory().copyOf(command, commandSize);
    return CalloutCalls.start(
        vm,
        "proxy_redis_call",
        tokenOut,
        AbiStatus.BAD_ARGUMENT,
        root -> vm.callouts().callRedis(root, name, bytes));
  }
}
