// The plain domains: each is a declaration and the rules it adds. The API serves them, and the worker
// imports into them. A new one is a line here.

import { type Kind, kindOf } from '../platform/kit/commands.ts';
import { departments } from './departments/index.ts';
import { organizations } from './organizations/index.ts';
import { plantRules, plants } from './plants/index.ts';

export const kinds: readonly Kind[] = [kindOf(organizations), kindOf(plants, plantRules), kindOf(departments)];
