package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.PluginLog;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;

/**
 * Answers the WASI calls that proxy-wasm hosts offer, so that guests built for WASI start: standard
 * output goes to the log, the environment is the plugin's, time and randomness work, and there are
 * no files or sockets. The error numbers are those of the reference host.
 */
final class WasiCalls {
  private static final int SUCCESS = 0;
  private static final int BADF = 8;
  private static final int EXIST = 20;
  private static final int FAULT = 21;
  private static final int INVAL = 28;
  private static final int NOENT = 44;
  private static final int NOSYS = 52;
  private static final int NOTSUP = 58;

  private static final int MAX_RANDOM = 64 << 10;
  private static final int MAX_IOVECS = 1024;
  private static final SecureRandom RANDOM = new SecureRandom();

  private WasiCalls() {}

  /**
   * Returns the functions, the same for {@code wasi_snapshot_preview1} and {@code wasi_unstable}.
   */
  static Map<String, HostCall.Typed> functions() {
    var functions = new HashMap<String, HostCall.Typed>();
    functions.put("fd_write", HostCall.Typed.of("iiii", WasiCalls::write));
    functions.put("fd_fdstat_get", HostCall.Typed.of("ii", WasiCalls::fdstat));
    functions.put("fd_filestat_get", HostCall.Typed.of("ii", WasiCalls::filestat));
    functions.put("environ_get", HostCall.Typed.of("ii", WasiCalls::environment));
    functions.put("environ_sizes_get", HostCall.Typed.of("ii", WasiCalls::environmentSizes));
    functions.put("args_get", fixed("ii", SUCCESS));
    functions.put("args_sizes_get", HostCall.Typed.of("ii", WasiCalls::zeroSizes));
    functions.put("clock_time_get", HostCall.Typed.of("ili", WasiCalls::time));
    functions.put("clock_res_get", HostCall.Typed.of("ii", WasiCalls::resolution));
    functions.put("random_get", HostCall.Typed.of("ii", WasiCalls::random));
    functions.put("sched_yield", fixed("", SUCCESS));
    functions.put("poll_oneoff", HostCall.Typed.of("iiii", WasiCalls::poll));
    functions.put("proc_exit", HostCall.Typed.of("i", WasiCalls::exit));
    functions.put("fd_seek", fixed("ilii", SUCCESS));
    functions.put("fd_close", fixed("i", SUCCESS));
    functions.put("fd_advise", fixed("illi", SUCCESS));
    functions.put("fd_read", fixed("iiii", NOSYS));
    functions.put("fd_fdstat_set_flags", fixed("ii", NOSYS));
    functions.put("fd_pread", fixed("iiili", NOSYS));
    functions.put("fd_prestat_get", fixed("ii", BADF));
    functions.put("fd_prestat_dir_name", fixed("iii", NOSYS));
    functions.put("fd_readdir", fixed("iiili", EXIST));
    functions.put("path_open", fixed("iiiiillii", NOENT));
    unsupported(functions);
    return Map.copyOf(functions);
  }

  private static void unsupported(Map<String, HostCall.Typed> functions) {
    functions.put("fd_fdstat_set_rights", fixed("ill", NOTSUP));
    functions.put("fd_allocate", fixed("ill", NOTSUP));
    functions.put("fd_datasync", fixed("i", NOTSUP));
    functions.put("fd_filestat_set_size", fixed("il", NOTSUP));
    functions.put("fd_filestat_set_times", fixed("illi", NOTSUP));
    functions.put("fd_pwrite", fixed("iiili", NOTSUP));
    functions.put("fd_renumber", fixed("ii", NOTSUP));
    functions.put("fd_sync", fixed("i", NOTSUP));
    functions.put("fd_tell", fixed("ii", NOTSUP));
    functions.put("path_create_directory", fixed("iii", NOTSUP));
    functions.put("path_filestat_get", fixed("iiiii", NOTSUP));
    functions.put("path_filestat_set_times", fixed("iiiilli", NOTSUP));
    functions.put("path_link", fixed("iiiiiii", NOTSUP));
    functions.put("path_readlink", fixed("iiiiii", NOTSUP));
    functions.put("path_remove_directory", fixed("iii", NOTSUP));
    functions.put("path_rename", fixed("iiiiii", NOTSUP));
    functions.put("path_symlink", fixed("iiiii", NOTSUP));
    functions.put("path_unlink_file", fixed("iii", NOTSUP));
    functions.put("sock_accept", fixed("iii", NOTSUP));
    functions.put("sock_recv", fixed("iiiiii", NOTSUP));
    functions.put("sock_send", fixed("iiiii", NOTSUP));
    functions.put("sock_shutdown", fixed("ii", NOTSUP));
  }

  private static HostCall.Typed fixed(String parameters, int errno) {
    return HostCall.Typed.of(parameters, (vm, arguments) -> errno);
  }

  private static int write(GuestVm vm, long[] arguments) {
    int fd = (int) arguments[0];
    int vectors = (int) arguments[1];
    int count = (int) arguments[2];
    int writtenOut = (int) arguments[3];
    if (fd != 1 && fd != 2) {
      return BADF;
    }
    GuestMemory memory = vm.memory();
    if (count < 0 || count > MAX_IOVECS) {
      return INVAL;
    }
    if (!memory.has(vectors, 8 * count) || !memory.has(writtenOut, 4)) {
      return FAULT;
    }
    var text = new StringBuilder();
    int written = 0;
    for (int i = 0; i < count; i++) {
      int address = memory.readInt(vectors + 8 * i);
      int length = memory.readInt(vectors + 8 * i + 4);
      if (!memory.has(address, length)) {
        return FAULT;
      }
      if (text.length() < SystemCalls.MAX_LINE) {
        text.append(SystemCalls.line(vm, address, length));
      }
      written += length;
    }
    PluginLog log = vm.log();
    var level = fd == 1 ? PluginLog.Level.INFO : PluginLog.Level.ERROR;
    if (!text.isEmpty() && text.charAt(text.length() - 1) == '\n') {
      text.setLength(text.length() - 1);
    }
    if (!text.isEmpty() && level.compareTo(log.level()) >= 0) {
      log.log(level, text.toString());
    }
    memory.put32(writtenOut, written);
    return SUCCESS;
  }

  private static int fdstat(GuestVm vm, long[] arguments) {
    int fd = (int) arguments[0];
    int out = (int) arguments[1];
    if (fd < 0 || fd > 2) {
      return BADF;
    }
    GuestMemory memory = vm.memory();
    if (!memory.has(out, 24)) {
      return FAULT;
    }
    memory.put64(out, 0);
    memory.put64(out + 8, 64); // rights: fd_write
    memory.put64(out + 16, 0);
    return SUCCESS;
  }

  private static int filestat(GuestVm vm, long[] arguments) {
    int fd = (int) arguments[0];
    int out = (int) arguments[1];
    if (fd < 0 || fd > 2) {
      return BADF;
    }
    if (!vm.memory().has(out, 64)) {
      return FAULT;
    }
    vm.memory().fill((byte) 0, out, out + 64);
    return SUCCESS;
  }

  private static int environment(GuestVm vm, long[] arguments) {
    GuestMemory memory = vm.memory();
    int array = (int) arguments[0];
    int text = (int) arguments[1];
    for (var variable : vm.context().environment().entrySet()) {
      byte[] line = line(variable);
      if (!memory.put32(array, text) || !memory.has(text, line.length)) {
        return FAULT;
      }
      memory.write(text, line, 0, line.length);
      array += 4;
      text += line.length;
    }
    return SUCCESS;
  }

  private static int environmentSizes(GuestVm vm, long[] arguments) {
    int size = 0;
    for (var variable : vm.context().environment().entrySet()) {
      size += line(variable).length;
    }
    boolean written =
        vm.memory().put32((int) arguments[0], vm.context().environment().size())
            && vm.memory().put32((int) arguments[1], size);
    return written ? SUCCESS : FAULT;
  }

  private static byte[] line(Map.Entry<String, String> variable) {
    return (variable.getKey() + '=' + variable.getValue() + '\0').getBytes(StandardCharsets.UTF_8);
  }

  private static int zeroSizes(GuestVm vm, long[] arguments) {
    boolean written =
        vm.memory().put32((int) arguments[0], 0) && vm.memory().put32((int) arguments[1], 0);
    return written ? SUCCESS : FAULT;
  }

  private static int time(GuestVm vm, long[] arguments) {
    int clock = (int) arguments[0];
    if (clock != 0 && clock != 1) {
      return NOTSUP;
    }
    long nanos = clock == 0 ? vm.clock().wallNanos() : vm.clock().monotonicNanos();
    return vm.memory().put64((int) arguments[2], nanos) ? SUCCESS : FAULT;
  }

  private static int resolution(GuestVm vm, long[] arguments) {
    int clock = (int) arguments[0];
    if (clock != 0 && clock != 1) {
      return NOTSUP;
    }
    return vm.memory().put64((int) arguments[1], 1) ? SUCCESS : FAULT;
  }

  private static int random(GuestVm vm, long[] arguments) {
    int out = (int) arguments[0];
    int length = (int) arguments[1];
    if (!vm.memory().has(out, length)) {
      return FAULT;
    }
    if (length > MAX_RANDOM) {
      return INVAL;
    }
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    vm.memory().write(out, bytes, 0, length);
    return SUCCESS;
  }

  /** Never waits: Go's scheduler only needs the call to succeed. */
  private static int poll(GuestVm vm, long[] arguments) {
    return vm.memory().put32((int) arguments[3], 0) ? SUCCESS : FAULT;
  }

  private static int exit(GuestVm vm, long[] arguments) {
    throw new GuestExit((int) arguments[0]);
  }
}
