package io.vectorfuse.spark.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/**
 * Stands between a client and a server, and on demand carries nothing any more: connections are
 * accepted, requests are taken, answers never come.
 */
public final class FreezingProxy implements AutoCloseable {
  private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> connections = Collections.synchronizedSet(new HashSet<>());
  private final URI server;
  private volatile boolean frozen;

  /**
   * @param url the server that everything goes to until the freeze
   */
  public FreezingProxy(String url) throws IOException {
    server = URI.create(url);
    start(this::accept);
  }

  /** Where clients connect. */
  public String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  /** From now on nothing is carried. */
  public void freeze() {
    frozen = true;
  }

  /** Whether it is frozen. */
  public boolean isFrozen() {
    return frozen;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    synchronized (connections) {
      for (Socket connection : connections) {
        connection.close();
      }
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        connections.add(client);
        if (!frozen) {
          Socket upstream = new Socket(server.getHost(), server.getPort());
          connections.add(upstream);
          start(() -> carry(client, upstream));
          start(() -> carry(upstream, client));
        }
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void carry(Socket from, Socket to) {
    byte[] bytes = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (!frozen) {
          out.write(bytes, 0, count);
        }
      }
      if (!frozen) {
        to.close();
      }
    } catch (IOException closed) {
      // One side has gone.
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "freezing-proxy");
    thread.setDaemon(true);
    thread.start();
  }
}
