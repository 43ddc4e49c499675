import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROMETHEUS } from './monitoring.js';
import { ended, freePort, startUntilReady } from './ready-program.js';

export interface Target {
  /** `127.0.0.1:<port>`, with /metrics. */
  address: string;
  labels: Readonly<Record<string, string>>;
}

/** A real Prometheus that looks at its targets every second, with nothing kept when it is stopped. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** @param ruleFiles paths, or patterns of paths, of rules */
  static async start(targets: readonly Target[], ruleFiles: readonly string[]): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'relais-prometheus-'));
    const port = await freePort();
    const configuration = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ruleFiles,
      scrape_configs: [
        {
          job_name: 'relais',
          static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
        },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = await startUntilReady(PROMETHEUS, args, port);
    return new Prometheus(child, folder, `http://127.0.0.1:${port}/api/v1`);
  }

  /** The data of an answer of its API. @throws Error with what it says is wrong */
  async ask<Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> {
    const answer = await fetch(`${this.url}/${path}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = (await answer.json()) as { status: string; error?: string; data: Data };
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  /** What an expression is now, by the labels of its series. */
  async query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const { result } = await this.ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      'query',
      { query: expression },
    );
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  async stop(): Promise<void> {
    await ended(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
