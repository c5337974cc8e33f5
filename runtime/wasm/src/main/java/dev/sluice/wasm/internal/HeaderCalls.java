package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls on header maps ({@code proxy_*_header_map_*}).
 *
 * <p>Beyond the ABI: {@code host} among request headers stands for {@code :authority}; adding a
 * pseudo-header replaces it; pseudo-headers cannot be removed, and a map that is set as a whole
 * keeps those it leaves out. A name or value that HTTP cannot carry is BadArgument. A map that is
 * not there, or was passed on, is BadArgument too, as in Envoy.
 */
final class HeaderCalls {
  /** How large a map may become through a guest. */
  static final int MAX_FIELDS = 512;

  static final int MAX_OCTETS = 256 << 10;

  private static final int LAST_MAP = 7;

  private HeaderCalls() {}

  static void register(Map<String, HostCall.Typed> functions) {
    functions.put("proxy_get_header_map_value", HostCall.Typed.of("iiiii", HeaderCalls::get));
    functions.put("proxy_add_header_map_value", HostCall.Typed.of("iiiii", HeaderCalls::add));
    functions.put("proxy_replace_header_map_value", HostCall.Typed.of("iiiii", HeaderCalls::set));
    functions.put("proxy_remove_header_map_value", HostCall.Typed.of("iii", HeaderCalls::remove));
    functions.put("proxy_get_header_map_pairs", HostCall.Typed.of("iii", HeaderCalls::getAll));
    functions.put("proxy_set_header_map_pairs", HostCall.Typed.of("iii", HeaderCalls::setAll));
    functions.put("proxy_get_header_map_size", HostCall.Typed.of("ii", HeaderCalls::size));
  }

  private static int get(GuestVm vm, long[] arguments) {
    int map = (int) arguments[0];
    int key = (int) arguments[1];
    int keySize = (int) arguments[2];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(key, keySize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var headers = toRead(vm, map);
    if (headers == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    String value = headers.get(field(map, vm.name(key, keySize).text()));
    if (value == null) {
      if (!vm.module().abi().missingHeaderIsEmpty()) {
        return AbiStatus.NOT_FOUND;
      }
      value = "";
    }
    return OutParameters.give(vm, value, (int) arguments[3], (int) arguments[4]);
  }

  private static int add(GuestVm vm, long[] arguments) {
    return change(vm, arguments, false);
  }

  private static int set(GuestVm vm, long[] arguments) {
    return change(vm, arguments, true);
  }

  private static int change(GuestVm vm, long[] arguments, boolean replace) {
    int map = (int) arguments[0];
    int key = (int) arguments[1];
    int keySize = (int) arguments[2];
    int text = (int) arguments[3];
    int textSize = (int) arguments[4];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(key, keySize) || !vm.memory().has(text, textSize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var headers = toChange(vm, map);
    if (headers == null || keySize + textSize > MAX_OCTETS) {
      return AbiStatus.BAD_ARGUMENT;
    }
    HeaderText name = vm.name(key, keySize);
    HeaderText value = vm.value(text, textSize);
    if (!name.validName() || !value.validValue() || !fits(headers, keySize + textSize)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    String field = field(map, name.text());
    if (field.charAt(0) == ':') {
      return setPseudo(headers, map, field, value.text());
    }
    int first = replace ? headers.indexOf(field, 0) : -1;
    if (first < 0) {
      headers.addTrusted(field, value.text());
    } else {
      headers.setTrusted(first, value.text());
      for (int i; (i = headers.indexOf(field, first + 1)) > 0; ) {
        headers.removeAt(i);
      }
    }
    return AbiStatus.OK;
  }

  private static int setPseudo(Headers headers, int map, String field, String value) {
    if (!belongs(map, field) || value.isEmpty() || (field.equals(":status") && !isStatus(value))) {
      return AbiStatus.BAD_ARGUMENT;
    }
    int index = headers.indexOf(field, 0);
    if (index >= 0) {
      headers.setTrusted(index, value);
    } else {
      headers.add(field, value);
    }
    return AbiStatus.OK;
  }

  private static int remove(GuestVm vm, long[] arguments) {
    int map = (int) arguments[0];
    int key = (int) arguments[1];
    int keySize = (int) arguments[2];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(key, keySize)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var headers = toChange(vm, map);
    if (headers == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    String field = field(map, vm.name(key, keySize).text());
    if (field.startsWith(":")) {
      return AbiStatus.BAD_ARGUMENT;
    }
    headers.remove(field);
    return AbiStatus.OK;
  }

  private static int getAll(GuestVm vm, long[] arguments) {
    int map = (int) arguments[0];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var headers = toRead(vm, map);
    if (headers == null) {
      return OutParameters.give(
          vm, new byte[0], 0, 0, (int) arguments[1], (int) arguments[2]); // as Envoy does
    }
    return Pairs.give(vm, headers, (int) arguments[1], (int) arguments[2]);
  }

  private static int setAll(GuestVm vm, long[] arguments) {
    int map = (int) arguments[0];
    int address = (int) arguments[1];
    int size = (int) arguments[2];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    if (!vm.memory().has(address, size)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    var headers = toChange(vm, map);
    var given = Pairs.read(vm, address, size);
    if (headers == null || given == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var fields = new Headers(given.size() + 4);
    for (int i = 0; i < headers.size(); i++) {
      String name = headers.name(i);
      if (name.charAt(0) == ':' && !given.contains(name)) {
        fields.addTrusted(name, headers.value(i));
      }
    }
    for (int i = 0; i < given.size(); i++) {
      String name = field(map, given.name(i));
      if (name.charAt(0) != ':') {
        fields.addTrusted(name, given.value(i));
      } else if (setPseudo(fields, map, name, given.value(i)) != AbiStatus.OK) {
        return AbiStatus.BAD_ARGUMENT;
      }
    }
    headers.setAll(fields);
    return AbiStatus.OK;
  }

  private static int size(GuestVm vm, long[] arguments) {
    int map = (int) arguments[0];
    if (isUnknown(map)) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var headers = toRead(vm, map);
    if (headers == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    return vm.memory().put32((int) arguments[1], headers.octets())
        ? AbiStatus.OK
        : AbiStatus.INVALID_MEMORY_ACCESS;
  }

  /**
   * Adds a field whose name and value were found valid; a pseudo-header once, before the others.
   */
  static void addChecked(Headers headers, HeaderText name, String value) {
    if (name.isPseudo()) {
      headers.set(name.text(), value);
    } else {
      headers.addTrusted(name.text(), value);
    }
  }

  private static @Nullable Headers toRead(GuestVm vm, int map) {
    if (map > GuestContext.RESPONSE_TRAILERS) {
      return vm.callouts().headers(map);
    }
    var context = vm.active();
    return context == null ? null : context.headers(map);
  }

  private static @Nullable Headers toChange(GuestVm vm, int map) {
    var context = vm.active();
    if (context == null) {
      return null;
    }
    var headers = context.headersToChange(map);
    var stream = context.stream();
    if (headers != null
        && stream != null
        && map == GuestContext.REQUEST_HEADERS
        && vm.isHigress()) {
      stream.matchRouteAgain();
    }
    return headers;
  }

  private static boolean isUnknown(int map) {
    return map < 0 || map > LAST_MAP;
  }

  private static String field(int map, String name) {
    return map == GuestContext.REQUEST_HEADERS && name.equals("host") ? ":authority" : name;
  }

  private static boolean fits(Headers headers, int octets) {
    int fields = headers.size();
    if (fields < 64 && octets < 1024) {
      return true; // at most some 64 KiB; counting is for the rest
    }
    return fields < MAX_FIELDS && headers.octets() + octets <= MAX_OCTETS;
  }

  private static boolean belongs(int map, String pseudo) {
    return switch (map) {
      case GuestContext.REQUEST_HEADERS -> !pseudo.equals(":status");
      case GuestContext.RESPONSE_HEADERS -> pseudo.equals(":status");
      default -> false;
    };
  }

  private static boolean isStatus(String value) {
    return value.length() == 3
        && value.charAt(0) >= '2'
        && value.charAt(0) <= '5'
        && Character.isDigit(value.charAt(1))
        && Character.isDigit(value.charAt(2));
  }
}
