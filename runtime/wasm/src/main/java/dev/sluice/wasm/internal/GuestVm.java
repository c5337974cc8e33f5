package dev.sluice.wasm.internal;

import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.engine.PluginRoot;
import dev.sluice.plugin.engine.PluginVm;
import dev.sluice.plugin.engine.VmContext;
import dev.sluice.plugin.host.Clock;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.PluginLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import run.endive.runtime.Machine;

/**
 * Is a running instance of a guest with its contexts. Belongs to one thread at a time, as {@link
 * PluginVm} says.
 *
 * <p>Each entry into the guest is bracketed by {@link #enter} and {@link #leave}: they time it,
 * keep the current and the effective context (proxy-wasm, {@code proxy_set_effective_context}), and
 * run afterwards what the guest asked the proxy to do. Calls may nest (a host call allocates in the
 * guest). A guest that fails in any way leaves its memory in an unknown state, so the VM dies with
 * it: every later entry throws {@link Kind#DEAD}.
 */
final class GuestVm implements PluginVm {
  /** A feature of {@code sluice.host.enable}, see plugin-sdk/ABI.md. */
  private static final int HEADER_STATUS_AS_STATED = 1;

  private final GuestHost host;
  private final GuestModule module;
  private final VmContext context;
  private final CallGuard guard;
  private final Clock clock;
  private final long callNanos;
  private final long startNanos;

  private final long[][] scratch = new long[GuestExport.values().length][];
  private final boolean higress;
  private final int[] functions = new int[GuestExport.values().length];
  private final ContextTable contexts = new ContextTable();
  private final List<GuestRoot> roots = new ArrayList<>();
  private final ArrayDeque<Runnable> afterCall = new ArrayDeque<>();
  private final Set<String> logged = new HashSet<>();
  private final Callouts callouts = new Callouts(this);
  private final PatternSets patterns = new PatternSets();
  private final AsyncAnswers answers = new AsyncAnswers(this);

  private final BytesCache<HeaderText> names = new BytesCache<>(HeaderText::name);
  private final BytesCache<HeaderText> values = new BytesCache<>(HeaderText::value);
  private final BytesCache<List<String>> paths = new BytesCache<>(GuestVm::path);

  private static final Machine NO_MACHINE =
      (function, arguments) -> {
        throw new IllegalStateException("the guest is not instantiated");
      };

  /** Both are set while the guest is instantiated, before any of its code runs. */
  private GuestMemory memory = GuestMemory.none();

  private Machine machine = NO_MACHINE;

  private @Nullable GuestContext current;
  private @Nullable GuestContext effective;
  private @Nullable GuestContext nextEffective; // of the next callback
  private byte @Nullable [] callData;
  private int features;
  private int depth;
  private boolean serving;
  private volatile boolean alive = true;
  private boolean closed;

  /**
   * Instantiates and starts a guest.
   *
   * @throws PluginException when it fails, or takes longer than its start time
   */
  GuestVm(GuestHost host, GuestModule module, VmContext context) {
    this.host = host;
    this.module = module;
    higress = module.abi() == AbiVersion.V0_2_100;
    this.context = context;
    callNanos = context.limits().callTime().toNanos();
    startNanos = context.limits().startTime().toNanos();
    guard = host.watchdog().register();
    clock = context.services().clock();
    for (GuestExport export : GuestExport.values()) {
      int i = export.index();
      functions[i] = module.function(export);
      scratch[i] = new long[functions[i] < 0 ? 0 : module.arity(export)];
    }
    host.sharedData().retain(context.vmId());
    guard.arm(startNanos);
    depth++;
    try {
      GuestInstance.start(module, this);
    } catch (Throwable e) { // a guest may end in any error
      boolean timedOut = guard.disarm();
      alive = false;
      close();
      throw e instanceof PluginException failure
          ? failure
          : GuestFailures.of(module, context.plugin() + ": starting", e, timedOut, false);
    }
    depth--;
    guard.disarm();
    runAfterCall();
  }

  @Override
  public PluginRoot newRoot(RootContext rootContext) {
    var root = new GuestRoot(this, contexts.nextId(), rootContext);
    contexts.put(root);
    roots.add(root);
    try {
      root.start(context.configuration());
    } catch (PluginException e) {
      forget(root);
      throw e;
    }
    return root;
  }

  @Override
  public boolean isAlive() {
    return alive;
  }

  @Override
  public long memoryBytes() {
    return memory.bytes().length;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    alive = false;
    callouts.cancelAll();
    host.watchdog().unregister(guard);
    host.sharedQueues().forget(this);
    host.sharedData().release(context.vmId());
    contexts.clear();
    roots.clear();
    afterCall.clear();
    // Filters may refer to the VM a little longer; what is large goes now.
    memory = GuestMemory.none();
    machine = NO_MACHINE;
  }

  /** Takes the memory of the instance that is being made. */
  void attach(GuestMemory made) {
    memory = made;
  }

  /** Takes the machine of the instance that is being made. */
  void attach(Machine made) {
    machine = made;
  }

  /** Tells that exchanges come in: from now on configuring must not hold a loop for long. */
  void serve() {
    serving = true;
  }

  /** Returns how long a guest may take to start or configure, in nanoseconds. */
  long startLimit() {
    // A root context that is added to a serving VM is configured on its event loop.
    return serving ? Math.min(startNanos, 20 * callNanos) : startNanos;
  }

  long callLimit() {
    return callNanos;
  }

  /**
   * Begins an entry into the guest.
   *
   * @throws PluginException with kind DEAD when the VM has failed
   */
  void enter(long limitNanos) {
    if (!alive) {
      throw new PluginException(Kind.DEAD, context.plugin() + ": its VM has failed before");
    }
    if (depth++ == 0) {
      memory.forgetRefusedGrowth();
      guard.arm(limitNanos);
    }
  }

  /** Ends an entry, whether it failed or not, and runs what was put off. */
  void leave() {
    if (--depth == 0) {
      guard.disarm();
      if (!afterCall.isEmpty()) {
        runAfterCall();
      }
    }
  }

  private void runAfterCall() {
    for (Runnable task; (task = afterCall.poll()) != null; ) {
      task.run();
    }
  }

  /** Returns whether the guest speaks Higress' ABI. */
  boolean isHigress() {
    return higress;
  }

  /** Runs a task when the guest has returned: the proxy never acts with a guest on the stack. */
  void afterCall(Runnable task) {
    afterCall.add(task);
  }

  /** Returns whether the guest has a callback. */
  boolean has(GuestExport export) {
    return functions[export.index()] >= 0;
  }

  /** Calls a callback that the guest has and returns its result, 0 if it has none. */
  int call(GuestContext in, GuestExport export, int a, int b, int c, int d, int e) {
    long[] arguments = arguments(export);
    int count = arguments.length;
    if (count > 0) {
      arguments[0] = a;
    }
    if (count > 1) {
      arguments[1] = b;
    }
    if (count > 2) {
      arguments[2] = c;
    }
    if (count > 3) {
      arguments[3] = d;
    }
    if (count > 4) {
      arguments[4] = e;
    }
    var outerCurrent = current;
    var outerEffective = effective;
    current = in;
    effective = nextEffective;
    nextEffective = null;
    try {
      long[] results = machine.call(functions[export.index()], arguments);
      return results == null || results.length == 0 ? 0 : (int) results[0];
    } catch (Throwable thrown) { // a guest may end in any error
      throw failed(export.symbol(), thrown);
    } finally {
      current = outerCurrent;
      effective = outerEffective;
    }
  }

  int call(GuestContext in, GuestExport export, int a, int b, int c) {
    return call(in, export, a, b, c, 0, 0);
  }

  int call(GuestContext in, GuestExport export, int a, int b) {
    return call(in, export, a, b, 0, 0, 0);
  }

  int call(GuestContext in, GuestExport export, int a) {
    return call(in, export, a, 0, 0, 0, 0);
  }

  private long[] arguments(GuestExport export) {
    long[] reused = scratch[export.index()];
    // Compiled code reads its arguments before anything else; the interpreter keeps them.
    return module.interprets(functions[export.index()]) ? new long[reused.length] : reused;
  }

  private PluginException failed(String call, Throwable thrown) {
    if (thrown instanceof PluginException already && !alive) {
      return already; // a nested call has reported it
    }
    boolean timedOut = guard.disarm();
    // An interrupt from elsewhere ended this guest; it must not end those that follow as well.
    Thread.interrupted();
    alive = false;
    afterCall.clear();
    var failure = GuestFailures.of(module, call, thrown, timedOut, memory.refusedGrowth());
    log().log(PluginLog.Level.CRITICAL, String.valueOf(failure.getMessage()));
    contexts.forEach(
        waiting -> {
          var stream = waiting.stream();
          if (stream != null && stream != current) { // whose callback is about to throw
            stream.failIfWaiting();
          }
        });
    return failure;
  }

  /**
   * Allocates in the guest and returns the address, or 0 when the guest has no allocator or
   * answered nonsense.
   */
  int allocate(int size) {
    GuestExport allocator =
        has(GuestExport.MEMORY_ALLOCATE) ? GuestExport.MEMORY_ALLOCATE : GuestExport.MALLOC;
    if (size < 0 || !has(allocator)) {
      return 0;
    }
    var context = current;
    long[] arguments = arguments(allocator);
    arguments[0] = size;
    long[] results = machine.call(functions[allocator.index()], arguments);
    current = context;
    int address = results == null || results.length == 0 ? 0 : (int) results[0];
    return address != 0 && memory.has(address, size) ? address : 0;
  }

  GuestMemory memory() {
    return memory;
  }

  GuestModule module() {
    return module;
  }

  VmContext context() {
    return context;
  }

  GuestHost host() {
    return host;
  }

  Callouts callouts() {
    return callouts;
  }

  PatternSets patterns() {
    return patterns;
  }

  AsyncAnswers answers() {
    return answers;
  }

  /**
   * Returns the context that host calls act on: the effective one if the guest chose one that still
   * exists, else the one that is being called; null while the guest starts.
   */
  @Nullable GuestContext active() {
    var chosen = effective;
    return chosen != null && !chosen.isDeleted() ? chosen : current;
  }

  /** Makes host calls act on another context until the current callback returns. */
  boolean setEffective(int contextId) {
    var chosen = contexts.get(contextId);
    if (chosen == null) {
      return false;
    }
    effective = chosen;
    return true;
  }

  /** Makes host calls of the next callback act on a context. */
  void effectiveNext(GuestContext context) {
    nextEffective = context;
  }

  int nextContextId() {
    return contexts.nextId();
  }

  void remember(GuestContext stream) {
    contexts.put(stream);
  }

  void forget(GuestContext deleted) {
    deleted.markDeleted();
    contexts.remove(deleted.id());
    if (deleted instanceof GuestRoot root) {
      roots.remove(root);
    }
  }

  /** Returns how many contexts live. */
  int contextCount() {
    return contexts.size();
  }

  /** Returns a header name for a range of memory. */
  HeaderText name(int address, int length) {
    return names.get(memory.bytes(), address, length);
  }

  /** Returns a header value for a range of memory. */
  HeaderText value(int address, int length) {
    return values.get(memory.bytes(), address, length);
  }

  /** Returns a header name for a range of an array. */
  HeaderText name(byte[] bytes, int offset, int length) {
    return names.get(bytes, offset, length);
  }

  /** Returns a header value for a range of an array. */
  HeaderText value(byte[] bytes, int offset, int length) {
    return values.get(bytes, offset, length);
  }

  /** Returns the segments of a property path, which are separated by NUL. */
  List<String> path(int address, int length) {
    return paths.get(memory.bytes(), address, length);
  }

  private static List<String> path(byte[] bytes) {
    var segments = new ArrayList<String>(4);
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length ? i > start : bytes[i] == 0) {
        segments.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    return List.copyOf(segments);
  }

  /** Returns UTF-8 text of the guest. */
  String text(int address, int length) {
    return new String(memory.bytes(), address, length, StandardCharsets.UTF_8);
  }

  /** Translates what a header callback returned. */
  FilterStatus headerStatus(int result) {
    return module.abi().headerStatus(result, (features & HEADER_STATUS_AS_STATED) != 0);
  }

  /**
   * Switches features of the host on and returns those that are on ({@code sluice.host.enable}).
   */
  int enable(int wanted) {
    features |= wanted & HEADER_STATUS_AS_STATED;
    return features;
  }

  /** Sets what buffer 8, {@code CallData}, holds during a callback. */
  void callData(byte @Nullable [] bytes) {
    callData = bytes;
  }

  byte @Nullable [] callData() {
    return callData;
  }

  /** Returns the log of the context that is active. */
  PluginLog log() {
    var in = active();
    return in == null ? context.services().log() : in.root().log();
  }

  /** Returns the clock. */
  Clock clock() {
    return clock;
  }

  /**
   * Returns the metrics of the context that is active.
   *
   * @throws dev.sluice.plugin.host.ServiceException when there are none
   */
  Metrics metrics() {
    var in = active();
    return in == null ? context.services().metrics() : in.root().services().metrics();
  }

  /** Logs an error once per VM. */
  void logOnce(String message) {
    if (logged.size() < 100 && logged.add(message)) {
      log().log(PluginLog.Level.ERROR, message);
    }
  }

  /**
   * Begins a host call that may do I/O: no interrupt reaches it. Followed by {@link #endIo} when it
   * returns true; false means that the guest's time is up and the call must be left out.
   */
  boolean beginIo() {
    StackReserve.check();
    return !guard.pause();
  }

  void endIo() {
    guard.resume();
  }
}
