import { performance } from 'node:perf_hooks';
import type { VirtualMachine } from './virtual-machine.js';

/** One property that a run proves. Steps run in order, and a later step may rely on the effects of an earlier one. */
export interface Step {
  readonly title: string;
  readonly prove: (machine: VirtualMachine, report: Report) => Promise<void>;
  /** Time limit on an idle host, if it is longer than usual. */
  readonly seconds?: number;
}

export interface Counts {
  passed: number;
  failed: number;
  readonly failures: { readonly name: string; readonly message: string }[];
}

/** Counts and prints the steps of all runs. */
export class Report {
  readonly counts: Counts = { passed: 0, failed: 0, failures: [] };
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  heading(text: string): void {
    this.#print(`\n${text}`);
  }

  /** Prints a measured value, which proves nothing by itself. */
  figure(text: string): void {
    this.#print(`    ${text}`);
  }

  /** Runs one step. Returns its failure; undefined if it passed. */
  async step(run: string, title: string, prove: () => Promise<void>): Promise<unknown> {
    const startedAt = performance.now();
    const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    try {
      await prove();
      this.counts.passed++;
      this.#print(`  ✔ ${title} (${seconds()})`);
      return undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.fail(run, title, message, seconds());
      return error;
    }
  }

  /** Counts a step as failed. */
  fail(run: string, title: string, message: string, duration = 'not tried'): void {
    this.counts.failed++;
    this.counts.failures.push({ name: `${run}: ${title}`, message });
    this.#print(`  ✘ ${title} (${duration})\n${indented(message)}`);
  }
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}
