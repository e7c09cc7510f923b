// `npm run permissions`: prints which default role may do what.

import { permissionsPage } from './page.ts';

process.stdout.write(await permissionsPage());
