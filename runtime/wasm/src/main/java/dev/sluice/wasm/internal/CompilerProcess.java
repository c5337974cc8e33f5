package dev.sluice.wasm.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import run.endive.wasm.Parser;

/**
 * Compiles a large module in a JVM of its own, which gets the processor last.
 *
 * <p>Compiling 6 MB takes 10 s of CPU and half a gigabyte of short-lived objects: inside a gateway
 * that serves, collecting those stops every event loop for 0.2 s again and again. The module goes
 * in at standard input, the code comes out at standard output. The child inherits no environment,
 * so no secrets either.
 */
final class CompilerProcess {
  private static final Logger LOG = LoggerFactory.getLogger(CompilerProcess.class);
  private static final long PATIENCE_SECONDS = 300;
  private static final int MAX_CODE_BYTES = 512 << 20;

  private CompilerProcess() {}

  /** Is the child: answers the code of the module at standard input, or says why it cannot. */
  public static void main(String[] arguments) throws IOException {
    // Whatever a library prints is not code.
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8));
    var code = CompiledCode.compile(Parser.parse(System.in.readAllBytes()));
    try (var out = new FileOutputStream(FileDescriptor.out)) {
      out.write(code.toBytes());
    }
  }

  /** Returns the code of a module, or nothing when the process fails for whatever reason. */
  static Optional<CompiledCode> compile(String name, byte[] module) {
    try {
      var process = new ProcessBuilder(command()).redirectInput(ProcessBuilder.Redirect.PIPE);
      process.environment().clear();
      return run(name, module, process.start());
    } catch (IOException e) {
      LOG.warn("{}: no process to compile in, so it is compiled here: {}", name, e.toString());
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<CompiledCode> run(String name, byte[] module, Process process)
      throws IOException, InterruptedException {
    try {
      var complaint = new ByteArrayOutputStream();
      var listener = Thread.ofVirtual().start(() -> listen(process.getErrorStream(), complaint));
      var sender = Thread.ofVirtual().start(() -> send(process, module));
      var stop = Thread.ofVirtual().start(() -> stopLate(process));
      byte[] code = process.getInputStream().readNBytes(MAX_CODE_BYTES);
      int exit = process.waitFor();
      stop.interrupt();
      sender.join();
      listener.join();
      if (exit != 0) {
        LOG.warn(
            "{}: the process that compiles ended with {}, so it is compiled here: {}",
            name,
            exit,
            complaint.toString(UTF_8).lines().findFirst().orElse(""));
        return Optional.empty();
      }
      return Optional.of(CompiledCode.fromBytes(code));
    } finally {
      process.destroyForcibly();
    }
  }

  private static void listen(InputStream in, ByteArrayOutputStream complaint) {
    try {
      complaint.writeBytes(in.readNBytes(64 << 10));
      in.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException e) {
      // The process has ended.
    }
  }

  private static void send(Process process, byte[] module) {
    try (var out = process.getOutputStream()) {
      out.write(module);
    } catch (IOException e) {
      // It has ended; its exit code tells.
    }
  }

  private static void stopLate(Process process) {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<String> command() {
    var command = new ArrayList<String>();
    var nice = Path.of("/usr/bin/nice");
    if (Files.isExecutable(nice)) {
      command.addAll(List.of(nice.toString(), "-n", "19"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            CompilerProcess.class.getName()));
    return command;
  }
}
