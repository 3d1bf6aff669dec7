#!/usr/bin/env node
import process from 'node:process';
import { parseArgs } from 'node:util';
import { serve } from '../build/ts-core/daemon/main.js';

const { values } = parseArgs({ options: { config: { type: 'string' } } });
process.exitCode = await serve({ path: values.config });
