package dev.sluice.wasm.internal;

import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes header maps in the serialization of the ABI: a u32 count, a u32 pair of lengths
 * for each field, then each name and value followed by NUL; an empty map is empty.
 */
final class Pairs {
  private Pairs() {}

  /**
   * Reads a map from the guest, names in lower case.
   *
   * @return null when it is malformed, names or values are invalid or it is too large
   */
  static @Nullable Headers read(GuestVm vm, int address, int size) {
    if (size == 0) {
      return new Headers(4);
    }
    byte[] bytes = vm.memory().bytes();
    int end = address + size;
    if (size < 4) {
      return null;
    }
    int count = GuestMemory.get32(bytes, address);
    if (count < 0 || count > HeaderCalls.MAX_FIELDS || size > HeaderCalls.MAX_OCTETS) {
      return null;
    }
    long at = address + 4L + 8L * count;
    if (at > end) {
      return null;
    }
    var headers = new Headers(count);
    for (int i = 0; i < count; i++) {
      long nameLength = Integer.toUnsignedLong(GuestMemory.get32(bytes, address + 4 + 8 * i));
      long valueLength = Integer.toUnsignedLong(GuestMemory.get32(bytes, address + 8 + 8 * i));
      if (at + nameLength + 1 + valueLength + 1 > end) {
        return null;
      }
      HeaderText name = vm.name(bytes, (int) at, (int) nameLength);
      HeaderText value = vm.value(bytes, (int) (at + nameLength + 1), (int) valueLength);
      if (!name.validName() || !value.validValue()) {
        return null;
      }
      HeaderCalls.addChecked(headers, name, value.text());
      at += nameLength + valueLength + 2;
    }
    return headers;
  }

  /** Returns how many bytes a map takes. */
  static int size(Headers headers) {
    int count = headers.size();
    return count == 0 ? 0 : 4 + 10 * count + headers.octets();
  }

  /** Hands a map to the guest through two out-parameters. */
  @SuppressWarnings("deprecation") // the low byte of each character is what a header is made of
  static int give(GuestVm vm, Headers headers, int addressOut, int sizeOut) {
    if (OutParameters.areOutside(vm, addressOut, sizeOut)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    int size = size(headers);
    int address = 0;
    if (size > 0) {
      address = vm.allocate(size);
      if (address == 0) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
      byte[] bytes = vm.memory().bytes();
      int count = headers.size();
      GuestMemory.set32(bytes, address, count);
      int lengths = address + 4;
      int at = lengths + 8 * count;
      for (int i = 0; i < count; i++) {
        String name = headers.name(i);
        String value = headers.value(i);
        GuestMemory.set32(bytes, lengths, name.length());
        GuestMemory.set32(bytes, lengths + 4, value.length());
        lengths += 8;
        name.getBytes(0, name.length(), bytes, at);
        at += name.length();
        bytes[at++] = 0;
        value.getBytes(0, value.length(), bytes, at);
        at += value.length();
        bytes[at++] = 0;
      }
    }
    return OutParameters.write(vm, address, size, addressOut, sizeOut);
  }
}
