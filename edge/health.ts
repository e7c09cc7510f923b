// What the agent tells about itself on its own machine: /health as JSON and /metrics for Prometheus.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import type { Agent, AgentStatus } from './agent.ts';

/** Serves on 127.0.0.1. Throws with what to do when the port is taken. */
export async function serveHealth(agent: Agent, port: number): Promise<Server> {
  const metrics = agentMetrics();
  const server = createServer((request, response) => {
    agent.status().then(
      async (status) => {
        if (request.url === '/metrics') {
          metrics.set(status);
          response.setHeader('content-type', metrics.registry.contentType).end(await metrics.registry.metrics());
          return;
        }
        const isUp =
          Object.values(status.devices).every((device) => device.state === 'up') && status.uplink.state === 'flowing';
        response.statusCode = request.url === '/health' ? (isUp ? 200 : 503) : 404;
        response.setHeader('content-type', 'application/json').end(`${JSON.stringify(status, null, 2)}\n`);
      },
      (error: unknown) => {
        response.statusCode = 503;
        response.end(`${String(error)}\n`);
      },
    );
  });
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is in use: choose another agent.healthPort, or stop the program that has it.`, {
      cause: error,
    });
  }
  return server;
}

function agentMetrics(): { registry: Registry; set(status: AgentStatus): void } {
  const registry = new Registry();
  const gauge = (name: string, help: string, labels: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames: labels, registers: [registry] });
  const pending = gauge('unison_edge_buffer_pending_batches', 'Batches the cloud has not committed');
  const bytes = gauge('unison_edge_buffer_bytes', 'Bytes used of the buffer file');
  const dropped = gauge('unison_edge_buffer_dropped_values', 'Values dropped since start, each in a gap row');
  const flowing = gauge('unison_edge_uplink_flowing', '1 while values flow to the cloud');
  const roundTrip = gauge('unison_edge_acknowledgement_seconds', 'Smoothed time from sending to the acknowledgement');
  const up = gauge('unison_edge_device_up', '1 while the device is connected', ['device']);
  const values = gauge('unison_edge_device_values', 'Values taken since start', ['device']);
  const offset = gauge('unison_edge_device_clock_offset_seconds', "The device's clock minus edge time", ['device']);
  return {
    registry,
    set(status) {
      pending.set(status.buffer.pendingBatches);
      bytes.set(status.buffer.bytes);
      dropped.set(status.buffer.dropped);
      flowing.set(status.uplink.state === 'flowing' ? 1 : 0);
      roundTrip.set(status.uplink.roundTripMs / 1000);
      for (const [device, one] of Object.entries(status.devices)) {
        up.set({ device }, one.state === 'up' ? 1 : 0);
        values.set({ device }, one.values);
        if (one.clockOffset !== null) offset.set({ device }, one.clockOffset / 1000);
      }
    },
  };
}
