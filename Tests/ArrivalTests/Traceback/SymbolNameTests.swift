// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Arrival

/// Names for readers, from the linker's names of programs with and without optimisation.
@Suite struct SymbolNameTests {
  @Test(arguments: [
    ("$s4main4loadyySiF", "load(_:)"),
    ("$s4main3FooV5inneryyxF", "Foo.inner(_:)"),
    ("$s4main1DC11throwsTypedyS2iAA2E1VYKF", "D.throwsTyped(_:)"),
    ("$s4main1CCyACSicfc", "C.init(_:)"),
    ("$s4main5outeryS2iFS2iXEfU_", "closure #1 in outer(_:)"),
    ("$s4main5outeryS2iF5innerL_yS2iFS2icfU_", "closure #1 in inner(_:) in outer(_:)"),
    ("$s4main4MainVAAyyYaKFZTQ4_", "Main.main()"),
    ("$s4main4MainVAAyyYaKFZSiyYaYbKcfu_TQ1_", "implicit closure #1 in Main.main()"),
    ("$s4main1WV1sopyACyxGAEFZ", "W.-(_:)"),
    ("$s4main3lpgoiyS2i_SitF", "<+>(_:_:)"),
    ("$s4main1CC1pSivW", "C.p"),
    ("$s4main1WV1txSgvg", "W.t"),
    ("$s4main1CC1lSivM.resume.0", "C.l"),
    (
      "$s4main8defaults1a1bySi_SiyXKtFfA0_Siycfu_",
      "implicit closure #1 in default argument 1 of defaults(a:b:)"
    ),
    ("$sST4mainE9myForEachyyy7ElementQzKXEKF", "Sequence.myForEach(_:)"),
    ("$sSa4mainSiRszlE5sumUpSiyF", "Array.sumUp()"),
    // Closures of top-level code, which has no name.
    ("$s4mainyyYaYbKcfU8_", "closure #10"),
    ("$s4mainSiyYaYbKcfU_TY0_", "closure #1"),
    ("main", "main"),
  ])
  func `A function has the name of #function, with its type in front`(raw: String, shown: String) {
    let name = SymbolName(raw)
    #expect(name.function == shown)
    #expect(name.role == .function)
    #expect(!name.isRuntime)
  }

  @Test(arguments: [
    ("$s4main1cyS2iYaKFTY0_", "c(_:)"),
    ("$s4main1SV1byS2iYaKFTf4nd_nTQ2_", "S.b(_:)"),
    ("$s4main1eyxxyYaKXEYaKlFTQ0_", "e(_:)"),
    ("$s4main1eyxxyYaKXEYaKlFyp_Tg5022$s4main1MVAAyyYaKFZypyD6KXEfU_Tf1nc_nTQ0_", "e(_:)"),
    ("$s4main1MVAAyyYaKFZTf4d_nTY5_", "M.main()"),
    ("$s4main3useyyxlFAA1WVySiG_Tg5Tf4d_n", "use(_:)"),
  ])
  func `Code that the compiler makes from a function has the function's name`(
    raw: String, shown: String
  ) {
    #expect(SymbolName(raw).function == shown)
    #expect(SymbolName(raw).role == .function)
  }

  @Test(arguments: [
    ("$s4main3FooV2goyyxFySiXEfU_TA", "closure #1 in Foo.go(_:)"),
    ("$s4main1WV5InnerOyx_GSQAASQ2eeoiySbx_xtFZTW", "W.Inner.==(_:_:)"),
    ("$s4main1WVyxGAA1PA2aEP2afyyYaKFTWTQ0_", "W.af()"),
    ("$s4main1WVyxGAA1PA2aEP1vSivgTW", "W.v"),
    ("$s4main1CCyACSicfC", "C.init(_:)"),
  ])
  func `A forwarder has the name of the function that it calls`(raw: String, shown: String) {
    #expect(SymbolName(raw).function == shown)
    #expect(SymbolName(raw).role == .forwarder)
  }

  @Test(arguments: [
    "$sIetH_yts5Error_pIegHrzo_TR", "$sIetH_yts5Error_pIegHrzo_TRTATQ0_", "async_MainTQ0_",
    "$sIetH_yts5Error_pIegHrzo_TR10async_MainTf3npf_nTQ0_", "$s4main1MV5$mainyyYaKFZTQ0_",
    "$s4main1CC1pSivpACTK",
  ])
  func `Code without a counterpart in the source is glue`(raw: String) {
    #expect(SymbolName(raw).role == .glue)
  }

  @Test(arguments: [
    "$sSTsE7forEachyyy7ElementQzKXEKF", "$sSTsE7forEachyyy7ElementQzKXEKFSaySiG_Tg5",
    "$s7Arrival6FutureC4waityyF", "$s16ArrivalDatastore11TransactionC6commityyYaKF",
    "$s14DatastoreModel3KeyV4pathSSvg", "$s15DatastoreEngine3RunV2goyyF",
    "$s15DatastoreSQLite3RunV2goyyF", "$s14DatastoreCloud3RunV2goyyF",
    "$sScg10waitForAll9isolationyScA_pSgYi_tYaKFTY0_",
    "_ZL12completeTaskPN5swift12AsyncContextEPNS_10SwiftErrorE", "swift_job_run",
    "arrival_capture", "start_thread", "clone3",
  ])
  func `Functions of Arrival, the runtime and the start of threads are recognised by their names`(
    raw: String
  ) {
    #expect(SymbolName(raw).isRuntime)
  }

  @Test(arguments: ["", "$s", "$s9999999999999999999999x", "$s4ma", "<>)(", "a in b", "$sSa"])
  func `Invalid names are harmless`(raw: String) { _ = SymbolName(raw) }
}
