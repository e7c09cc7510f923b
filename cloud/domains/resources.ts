// The plain domains: each is a declaration and the rules it adds. The API serves them, and the worker
// imports into them. A new one is a line here.

import { type Kind, kindOf } from '../platform/kit/commands.ts';
import {
  calendarExceptionRules,
  calendarExceptions,
  calendarRules,
  calendars,
  shifts,
  workCenterShiftRules,
  workCenterShifts,
} from './calendars/index.ts';
import { departments } from './departments/index.ts';
import { laneRules, lanes } from './lanes/index.ts';
import { lossReasonRules, lossReasons } from './loss-reasons/index.ts';
import { machineTargetRules, machineTargets } from './machine-targets/index.ts';
import { machineRules, machines } from './machines/index.ts';
import { materialRules, materials } from './materials/index.ts';
import { organizations } from './organizations/index.ts';
import { plannedWindowRules, plannedWindows } from './planned-windows/index.ts';
import { plantRules, plants } from './plants/index.ts';
import { productionStandardRules, productionStandards } from './production-standards/index.ts';
import { routingOperations } from './routing-operations/index.ts';
import { routings } from './routings/index.ts';
import { unitConversionRules, unitConversions } from './unit-conversions/index.ts';
import { units } from './units/index.ts';
import { workOrderOperationRules, workOrderOperations } from './work-order-operations/index.ts';
import { workOrderRules, workOrders } from './work-orders/index.ts';

export const kinds: readonly Kind[] = [
  kindOf(organizations),
  kindOf(plants, plantRules),
  kindOf(departments),
  kindOf(machines, machineRules),
  kindOf(lanes, laneRules),
  kindOf(machineTargets, machineTargetRules),
  kindOf(lossReasons, lossReasonRules),
  kindOf(units),
  kindOf(materials, materialRules),
  kindOf(unitConversions, unitConversionRules),
  kindOf(productionStandards, productionStandardRules),
  kindOf(workOrders, workOrderRules),
  kindOf(workOrderOperations, workOrderOperationRules),
  kindOf(routings),
  kindOf(routingOperations),
  kindOf(calendars, calendarRules),
  kindOf(shifts),
  kindOf(calendarExceptions, calendarExceptionRules),
  kindOf(workCenterShifts, workCenterShiftRules),
  kindOf(plannedWindows, plannedWindowRules),
];
