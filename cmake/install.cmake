# What `cmake --install` puts where; scripts/install adds users, owners, set-uid bits and capabilities.
include(GNUInstallDirs)
install(TARGETS scopetrace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS scopetrace-capture RUNTIME DESTINATION libexec/scopetrace)
# Only scopetrace-capture can enter this folder: nobody else starts the redactor.
install(TARGETS scopetrace-redact RUNTIME DESTINATION libexec/scopetrace/private)
