package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HostServices;
import dev.sluice.plugin.host.Store.Entry;
import dev.sluice.plugin.host.Store.Lock;
import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import java.util.Map;
import java.util.Optional;

/** Answers {@code sluice.store.*} (plugin-sdk/ABI.md, "Store"). */
final class StoreCalls {
  private StoreCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.store.get", StoreCalls::get);
    functions.put("sluice.store.set", StoreCalls::set);
    functions.put("sluice.store.compareAndSet", StoreCalls::compareAndSet);
    functions.put("sluice.store.delete", StoreCalls::delete);
    functions.put("sluice.store.lock", StoreCalls::lock);
    functions.put("sluice.store.unlock", StoreCalls::unlock);
  }

  private static int get(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var key = in.string();
    in.finish();
    return vm.answers()
        .<Optional<Entry>>start(
            (services, completion) -> services.store().get(key, completion),
            StoreCalls::entry,
            addressOut,
            sizeOut);
  }

  private static int set(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var key = in.string();
    var value = in.bytes();
    var ttl = in.optionalMillis();
    in.finish();
    return vm.answers()
        .<Long>start(
            (services, completion) -> services.store().set(key, value, ttl, completion),
            WireWriter::u64,
            addressOut,
            sizeOut);
  }

  private static int compareAndSet(
      GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var key = in.string();
    var value = in.bytes();
    long expected = in.u64();
    var ttl = in.optionalMillis();
    in.finish();
    return vm.answers()
        .<Long>start(
            (services, completion) ->
                services.store().compareAndSet(key, value, expected, ttl, completion),
            WireWriter::u64,
            addressOut,
            sizeOut);
  }

  private static int delete(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var key = in.string();
    in.finish();
    return vm.answers()
        .<Boolean>start(
            (services, completion) -> services.store().delete(key, completion),
            StoreCalls::flag,
            addressOut,
            sizeOut);
  }

  private static int lock(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var key = in.string();
    var expiry = in.millis();
    in.finish();
    return vm.answers()
        .<Optional<Lock>>start(
            (services, completion) -> services.store().lock(key, expiry, completion),
            StoreCalls::fence,
            StoreCalls::giveBack,
            addressOut,
            sizeOut);
  }

  private static int unlock(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var lock = new Lock(in.string(), in.u64());
    in.finish();
    return vm.answers()
        .<Boolean>start(
            (services, completion) -> services.store().unlock(lock, completion),
            StoreCalls::flag,
            addressOut,
            sizeOut);
  }

  private static void entry(WireWriter answer, Optional<Entry> found) {
    answer.u8(found.isPresent() ? 1 : 0);
    found.ifPresent(entry -> answer.bytes(entry.value()).u64(entry.version()));
  }

  private static void fence(WireWriter answer, Optional<Lock> taken) {
    answer.u8(taken.isPresent() ? 1 : 0);
    taken.ifPresent(lock -> answer.u64(lock.fence()));
  }

  private static void flag(WireWriter answer, boolean value) {
    answer.u8(value ? 1 : 0);
  }

  /** Nobody knows the lock of a stream that was gone before it was taken. */
  private static void giveBack(HostServices services, Optional<Lock> taken) {
    taken.ifPresent(lock -> services.store().unlock(lock, Completion.of(freed -> {}, error -> {})));
  }
}
